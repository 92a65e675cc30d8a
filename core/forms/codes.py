"""Two-dimensional codes as SVG, by segno."""

from __future__ import annotations

from io import BytesIO

import segno

LONGEST = 1_000


def qr_svg(text: str, scale: int = 4) -> str:
    """A QR code as an SVG document."""
    out = BytesIO()
    segno.make(text[:LONGEST], error="m", micro=False).save(
        out, kind="svg", scale=scale, xmldecl=False, border=2
    )
    return out.getvalue().decode()


def qr_data(text: str) -> str:
    """A QR code as a data URL for a page."""
    return str(segno.make(text[:LONGEST], error="m", micro=False).svg_data_uri(scale=4, border=2))
