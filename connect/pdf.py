"""HTML to PDF by WeasyPrint, which loads nothing but our font."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.errors import UserError

FONT = Path(__file__).parent.parent / "core" / "reports" / "fonts" / "NotoSansCJKsc-GBK.otf"
SECONDS = 90


async def pdf(html: str) -> bytes:
    """The sheet as PDF, in a thread. Raises UserError where this installation cannot."""
    return await asyncio.wait_for(asyncio.to_thread(to_pdf, html), SECONDS)


def to_pdf(html: str) -> bytes:
    """The sheet as PDF. Raises UserError."""
    try:
        from weasyprint import CSS, HTML  # noqa: PLC0415  slow to load, and its system library may be missing
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError):
        raise UserError(
            "no_pdf",
            "这台服务器缺少生成 PDF 的系统组件 Pango，请打开网页版用浏览器打印或另存为 PDF。",
            "管理员：Debian/Ubuntu 上 apt install libpango-1.0-0 libpangoft2-1.0-0，macOS 上 brew install pango。",
        ) from None
    # Nothing but our font and pictures inside the page: a template cannot make the server call anybody.
    inside, ours = URLFetcher(allowed_protocols=("data",)), URLFetcher(allowed_protocols=("file",))
    fonts = FontConfiguration()
    face = f'@font-face {{ font-family: "Sheet"; src: url("{FONT.as_uri()}") }}'
    sheet = CSS(string=face, font_config=fonts, url_fetcher=ours)
    made = HTML(string=html, url_fetcher=inside).write_pdf(stylesheets=[sheet], font_config=fonts)
    return bytes(made or b"")
