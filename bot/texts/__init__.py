"""What the citizen reads, as data: one TOML file a language, the same keys in each."""

from bot.texts.catalogue import LANGUAGES, Texts, load_texts

__all__ = ["LANGUAGES", "Texts", "load_texts"]
