"""How pictures are drawn, whatever they show.

    render(draw) -> bytes          an SVG; ``draw(axes)`` puts something on matplotlib axes
    INK, SOFT, OLD, NEW            the colours to draw with

The same numbers give the same bytes. Letters stay letters (fonts are the reader's), places are
fixed and never measured by a font, and colours are variables with a value for light and one for
dark pages, on a paper of the picture's own: it can be read wherever it is put. Imports matplotlib
when called: in the process that trains, never in a server.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable
from typing import Any

# What is drawn with, and what it becomes by night. Both keep 4.5:1 on their paper.
INK, SOFT, OLD, NEW, PAPER = "#1b2330", "#5b6672", "#6a5300", "#1d5fa8", "#ffffff"
_DARK = {INK: "#e6eaf0", SOFT: "#a9b4c0", OLD: "#e8c468", NEW: "#7db4f0", PAPER: "#1a2029"}
_NAMES = {INK: "ink", SOFT: "soft", OLD: "old", NEW: "new", PAPER: "paper"}
_FONTS = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "huying",
    "font.family": "DejaVu Sans",
    "axes.unicode_minus": False,
}


def render(draw: Callable[[Any], None]) -> bytes:
    """A picture of 7.2 by 4.8 inches that scales with the page."""
    import matplotlib
    from matplotlib.figure import Figure

    # The fonts here are not the reader's; which of them lack a sign says nothing.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    content = io.StringIO()
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        figure = Figure(figsize=(7.2, 4.8))
        figure.patch.set_facecolor(PAPER)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.set_facecolor("none")
        draw(axes)
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return _let_the_page_choose(content.getvalue()).encode()


def _let_the_page_choose(svg: str) -> str:
    """Colours as variables, and the reader's fonts."""
    for colour, name in _NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    svg = svg.replace("'DejaVu Sans'", _FONTS)
    light = "".join(f"--{name}:{colour};" for colour, name in _NAMES.items())
    dark = "".join(f"--{name}:{_DARK[colour]};" for colour, name in _NAMES.items())
    night = "@media (prefers-color-scheme: dark)"
    style = f"<style>:root{{{light}}}{night}{{:root{{{dark}}}}}</style>"
    return re.sub(r"(<svg[^>]*>)", lambda tag: tag.group(1) + style, svg, count=1)
