"""Labels for training: naming a text, the rule between two categories, agreement of people, files.

    clean_text(text) -> str; text_key(text) -> str      what is stored, and what names it
    load_guide() -> Guide; guide.rule(a, b)             the boundary rule of exactly this pair
    measure(pairs, …) -> Agreement                      Cohen's kappa in figures
    read_label_row(cells, columns, …) -> LabelRow       a line of a file, or BadRow

Pure: no database, no settings.
"""

from cases.labels.agreement import Agreement, measure
from cases.labels.boundaries import Guide, load_guide
from cases.labels.keys import LONGEST_TEXT, clean_text, text_key

__all__ = [
    "LONGEST_TEXT",
    "Agreement",
    "Guide",
    "clean_text",
    "load_guide",
    "measure",
    "text_key",
]
