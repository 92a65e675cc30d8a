"""Codes for scanners as SVG: QR by segno, Code 128 and EAN-13 by python-barcode (the bars; the drawing is ours)."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO

import segno
from barcode.codex import Code128
from barcode.ean import EuropeanArticleNumber13

from core.errors import UserError
from core.forms.fields.codes import unfit

LONGEST = 1_000
QUIET = 10  # modules left white on both sides, as both standards ask
HIGH = 48


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


def code_svg(kind: str, text: str) -> str:
    """A code of a kind (qr, code128, ean13) as an SVG document. Raises UserError when the text does not fit."""
    if kind == "qr":
        return qr_svg(text)
    if said := unfit(kind, text):
        raise UserError("bad_code", said)
    if kind == "ean13":
        code = EuropeanArticleNumber13(text[:12])
        return _bars(code.build()[0], code.get_fullcode())
    return _bars(Code128(text).build()[0], text)


def code_data(kind: str, text: str) -> str:
    """A code as a data URL; one that does not fit any more is shown as a QR code."""
    if kind == "qr" or unfit(kind, text):
        return qr_data(text)
    return "data:image/svg+xml;base64," + b64encode(code_svg(kind, text).encode()).decode()


def _bars(modules: str, said: str) -> str:
    """Black where a module is 1; the text stands below."""
    wide = len(modules) + 2 * QUIET
    path, at = "", 0
    while at < len(modules):
        run = len(modules[at:]) - len(modules[at:].lstrip(modules[at]))
        if modules[at] == "1":
            path += f"M{at + QUIET} 4h{run}v{HIGH}h-{run}z"
        at += run
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {HIGH + 22}" width="{wide * 2}" '
        f'height="{(HIGH + 22) * 2}"><rect width="100%" height="100%" fill="#fff"/><path d="{path}"/>'
        f'<text x="{wide / 2:g}" y="{HIGH + 17}" font-size="12" font-family="monospace" '
        f'text-anchor="middle">{escape(said)}</text></svg>'
    )
