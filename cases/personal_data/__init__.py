"""What in a text says who somebody is, and the text without it.

    find_personal_data(text, *, public=()) -> tuple[PersonalSpan(start, end, kind), …]
    mask_text(text, *, keep=frozenset(), public=()) -> str     138****8000, 张**, 浙A·***12
    mask_part(part, whole, …) -> str    a summary or a place, by what is personal in its text
    training_text(text) -> str          [手机], [姓名] …: what a model may be trained on
    mask_name(name); mask_phone(phone)  one field that is known to be one
    phone_key(text) -> str | None       one spelling for one number, to look it up

Pure: no database, no settings. ``public`` are numbers that are nobody's, such as the town's own
hotline; ``keep`` are kinds to leave. Never raises for what a text says.
"""

from cases.personal_data.finding import find_personal_data
from cases.personal_data.masking import (
    mask_name,
    mask_part,
    mask_phone,
    mask_text,
    training_text,
)
from cases.personal_data.phones import phone_key
from cases.personal_data.spans import KINDS, PersonalSpan

__all__ = [
    "KINDS",
    "PersonalSpan",
    "find_personal_data",
    "mask_name",
    "mask_part",
    "mask_phone",
    "mask_text",
    "phone_key",
    "training_text",
]
