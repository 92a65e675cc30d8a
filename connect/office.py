"""Word and Excel files to PDF by LibreOffice, where this server has it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from core.errors import UserError
from core.queries.prints import office

SECONDS = 90


def to_pdf(body: bytes, kind: str) -> bytes:
    """A filled template as PDF. Raises UserError where there is no LibreOffice, or it fails."""
    program = office()
    if program is None:
        raise UserError(
            "no_office",
            "这台服务器没有装 LibreOffice，Word、Excel 模板不能转成 PDF，请下载原文件打印。",
            "管理员：装上 libreoffice（命令 soffice）后即可，不需要重启。",
        )
    with tempfile.TemporaryDirectory(prefix="zhongshu-office-") as folder:
        source = Path(folder) / f"sheet.{kind}"
        source.write_bytes(body)
        # A profile of its own: two conversions at once would wait for each other's lock.
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(source)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603
            return source.with_suffix(".pdf").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise UserError("office_failed", "转成 PDF 没有成功，请下载原文件打印。") from error
