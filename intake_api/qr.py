"""QR codes as inline SVG, always dark on white: readers need it so, in the dark as well.

qr_svg(address) -> Markup
"""

from __future__ import annotations

import segno
from markupsafe import Markup

#: A sticker gets scratched and dirty: a seventh of it may be gone.
_CORRECTION = "m"
#: The white border that the standard asks for, in modules.
_QUIET_ZONE = 4


def qr_svg(address: str) -> Markup:
    """The code of one address, as large as the style sheet says."""
    code = segno.make(address, error=_CORRECTION, micro=False)
    # The writer quotes nothing of the address: it only draws.
    return Markup(
        code.svg_inline(
            omitsize=True,
            border=_QUIET_ZONE,
            dark="#000",
            light="#fff",
            svgclass="qr",
            lineclass=None,
        )
    )
