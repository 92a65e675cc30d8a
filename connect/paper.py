"""Printed sheets: an A4 layout for every form, or a form's own template; as HTML, or PDF by WeasyPrint.

A template is HTML with {字段} {编号} {状态} {审批记录} {二维码} {大写:字段} {打印人} {打印时间}, and for each row of a
sub-table {#明细} … {序号} {列} … {/明细}. Everything that is filled in is escaped.
"""

from __future__ import annotations

import asyncio
import re
from html import escape
from pathlib import Path
from typing import Any

from core.errors import NotFound, UserError
from core.expressions import ExpressionError
from core.expressions.money import capitals
from core.forms.actions import names_for
from core.forms.codes import code_data, qr_data
from core.forms.definition import FieldDef, PrintDef
from core.forms.fields import Names
from core.forms.fields.text import bare
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.forms.text import show
from core.store.work import UnitOfWork

FONT = Path(__file__).parent.parent / "core" / "reports" / "fonts" / "NotoSansCJKsc-GBK.otf"
WIDE = ("rich_text", "address", "attachment", "image", "subtable", "links")
PDF_SECONDS = 60
_PART = re.compile(r"\{([^{}#/\n]{1,60})\}")
_ROWS = re.compile(r"\{#([^{}\n]{1,40})\}(.*?)\{/\1\}", re.DOTALL)

STYLE = """
@page { size: PAGE; margin: 14mm 12mm 16mm; @bottom-center { content: counter(page) " / " counter(pages);
  font: 8pt "Sheet", sans-serif; color: #666 } }
* { box-sizing: border-box } body { font: 10pt/1.5 "Sheet", "PingFang SC", "Microsoft YaHei", sans-serif; margin: 0;
  color: #1f2329 } @media screen { body { max-width: 210mm; margin: 8mm auto; padding: 0 8mm } }
header { display: flex; justify-content: space-between; align-items: flex-start; margin-bottom: 4mm }
h1 { font-size: 17pt; margin: 0 } header p { margin: 1mm 0 0; color: #646a73; font-size: 9pt }
h2 { font-size: 11pt; margin: 5mm 0 2mm; padding-left: 2mm; border-left: 1mm solid #1664ff }
img.qr { width: 22mm; height: 22mm }
img.bars { height: 16mm }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-bottom: 3mm }
th, td { border: .25mm solid #8f959e; padding: 1.2mm 2mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere } th { background: #f2f3f5; font-weight: normal; color: #373c43 }
table.facts th { width: 16% } table.rows th.no, table.rows td.no { width: 9mm; text-align: center }
td.n, th.n { text-align: right; white-space: nowrap } tr.total td { font-weight: bold; background: #fafafa }
tr { break-inside: avoid } thead { display: table-header-group }
.void { position: fixed; top: 90mm; left: 45mm; font-size: 60pt; color: #f54a4533; transform: rotate(-20deg) }
"""


def page(
    uow: UnitOfWork,
    found: tuple[ReadyForm, Record],
    document: dict[str, Any],
    trails: list[dict[str, Any]],
    template: str,
    address: str,
) -> str:
    """The sheet of a record as one HTML page without anything to load. Raises NotFound for an unknown template.

    document  RECORD of docs/pages-api.md;  trails  its FLOWs;  address  what the code on the sheet opens
    """
    ready, record = found
    names = names_for(uow, ready.form, record.values)
    sheet = next((one for one in ready.form.prints if one.key == template), None)
    if template and sheet is None:
        raise NotFound("没有这个打印模板。")
    if sheet is None:
        body = _standard(ready, record, names, document, trails, address)
    else:
        _may_print(uow, ready, record, sheet)
        body = _from_template(uow, ready, record, names, (sheet, document, trails, address))
    stamp = '<div class="void">作 废</div>' if record.voided_at else ""
    style = STYLE.replace("PAGE", sheet.page if sheet else "A4")
    title = escape(f"{ready.form.title} {record.number}")
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head><body>{stamp}{body}</body></html>"
    )


def _may_print(uow: UnitOfWork, ready: ReadyForm, record: Record, sheet: PrintDef) -> None:
    condition = ready.prints[ready.form.prints.index(sheet)]
    try:
        allowed = condition is None or bool(condition.evaluate(record.facts(), uow.scope(None)))
    except ExpressionError:
        allowed = False
    if not allowed:
        raise UserError("not_yet", f"现在还不能打印「{sheet.title}」。")


def _standard(
    ready: ReadyForm,
    record: Record,
    names: Names,
    document: dict[str, Any],
    trails: list[dict[str, Any]],
    address: str,
) -> str:
    made = record.created_at.astimezone(names.zone)
    head = (
        f"<header><div><h1>{escape(ready.form.title)}</h1><p>编号 {escape(record.number)} · "
        f"{escape(document['state']['text'])} · {escape(document['created_by'])} {made:%Y-%m-%d %H:%M}</p></div>"
        f'<img class="qr" alt="扫码打开" src="{qr_data(address)}"></header>'
    )
    parts = [head, *_sections(ready, record, names)]
    parts += [trail(one, names) for one in trails]
    return "".join(parts)


def _sections(ready: ReadyForm, record: Record, names: Names) -> list[str]:
    """The fields in their order: facts two a line, each sub-table as a table of its own, headings where they stand."""
    found: list[str] = []
    waiting: list[tuple[str, str, bool]] = []
    for one in ready.form.fields:
        if one.type in ("section", "tab", "subtable"):
            found += _facts(waiting)
            waiting = []
        if one.type in ("section", "tab"):
            found.append(f"<h2>{escape(one.label)}</h2>")
        elif one.type == "subtable":
            found.append(f"<h2>{escape(one.label)}</h2>{rows(one, record.values.get(one.key) or [], names)}")
        elif not one.layout and one.type != "backlinks":
            waiting.append((one.label, _shown(one, record.values.get(one.key), names), _wide(one)))
    return found + _facts(waiting)


def _wide(one: FieldDef) -> bool:
    return one.base.type in WIDE or one.lines > 1 or (one.base.type == "text" and (one.max or 0) > 60)


def _shown(one: FieldDef, value: Any, names: Names) -> str:
    if one.type == "barcode" and value:
        return f'<img class="{"qr" if one.code == "qr" else "bars"}" alt="" src="{code_data(one.code, str(value))}">'
    text = escape(show(one, value, names)).replace("\n", "<br>")
    if one.type == "money" and one.capital and value is not None:
        text += f"<br>{escape(capitals(value))}"
    return text


def _facts(waiting: list[tuple[str, str, bool]]) -> list[str]:
    if not waiting:
        return []
    lines, open_ = [], ""
    for label, text, wide in waiting:
        cell = f"<th>{escape(label)}</th>"
        if wide:
            lines += [f'<tr>{open_}<td colspan="2"></td></tr>'] if open_ else []
            lines.append(f'<tr>{cell}<td colspan="3">{text}</td></tr>')
            open_ = ""
        elif open_:
            lines.append(f"<tr>{open_}{cell}<td>{text}</td></tr>")
            open_ = ""
        else:
            open_ = f"{cell}<td>{text}</td>"
    if open_:
        lines.append(f"<tr>{open_}<th></th><td></td></tr>")
    return [f'<table class="facts">{"".join(lines)}</table>']


def rows(table: FieldDef, values: list[dict[str, Any]], names: Names) -> str:
    """A sub-table with its totals."""
    columns = [one for one in table.fields if not one.layout]
    head = "".join(f'<th class="{_side(one)}">{escape(one.label)}</th>' for one in columns)
    body = "".join(
        f'<tr><td class="no">{index}</td>'
        + "".join(f'<td class="{_side(c)}">{_shown(c, row.get(c.key), names)}</td>' for c in columns)
        + "</tr>"
        for index, row in enumerate(values, 1)
    )
    totals = ""
    if values and any(one.type == "money" for one in columns):
        cells = (
            show(one, sum(row.get(one.key) or 0 for row in values), names) if one.type == "money" else ""
            for one in columns
        )
        inner = "".join(
            f'<td class="{_side(c)}">{escape(t)}</td>' for c, t in zip(columns, cells, strict=True)
        )
        totals = f'<tr class="total"><td class="no">计</td>{inner}</tr>'
    return (
        f'<table class="rows"><thead><tr><th class="no">#</th>{head}</tr></thead>'
        f"<tbody>{body}{totals}</tbody></table>"
    )


def _side(one: FieldDef) -> str:
    return "n" if one.base.type in ("number", "money") else ""


def trail(flow: dict[str, Any], names: Names) -> str:
    """Who decided what and when, with the words they left."""
    lines = "".join(
        f"<tr><td>{escape(_when(one.get('at'), names))}</td><td>{escape(str(one.get('who') or ''))}</td>"
        f"<td>{escape(str(one.get('text') or ''))}</td><td>{escape(str(one.get('comment') or ''))}</td></tr>"
        for one in flow["timeline"]
    )
    return (
        "<h2>审批记录</h2><table><thead><tr><th>时间</th><th>人员</th><th>处理</th><th>意见</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _when(at: str | None, names: Names) -> str:
    from datetime import datetime  # noqa: PLC0415  # one use

    if not at:
        return ""
    return f"{datetime.fromisoformat(at.replace('Z', '+00:00')).astimezone(names.zone):%Y-%m-%d %H:%M}"


def _from_template(
    uow: UnitOfWork, ready: ReadyForm, record: Record, names: Names, rest: tuple[Any, ...]
) -> str:
    sheet, document, trails, address = rest
    now = uow.now.astimezone(names.zone)
    system = {
        "编号": escape(record.number),
        "状态": escape(document["state"]["text"]),
        "创建人": escape(document["created_by"]),
        "创建时间": escape(_when(document["created_at"], names)),
        "打印时间": f"{now:%Y-%m-%d %H:%M}",
        "审批记录": "".join(trail(one, names) for one in trails),
        "二维码": f'<img class="qr" alt="" src="{qr_data(address)}">',
    }

    def table(found: re.Match[str]) -> str:
        one = ready.form.by_label(found[1])
        if one is None or one.type != "subtable":
            return ""
        values = record.values.get(one.key) or []
        return "".join(_row(one, row, index, found[2], names) for index, row in enumerate(values, 1))

    def part(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name in system:
            return system[name]
        if name.startswith("大写:"):
            one = ready.form.by_label(name.removeprefix("大写:"))
            value = record.values.get(one.key) if one else None
            return escape(capitals(value)) if value is not None else ""
        one = ready.form.by_label(name)
        if one is not None and one.type == "subtable":
            return rows(one, record.values.get(one.key) or [], names)
        return _shown(one, record.values.get(one.key), names) if one else escape(found[0])

    html = re.sub(r"<script\b.*?</script\s*>", "", sheet.html, flags=re.DOTALL | re.IGNORECASE)
    return _PART.sub(part, _ROWS.sub(table, html))


def _row(table: FieldDef, row: dict[str, Any], index: int, html: str, names: Names) -> str:
    def part(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name == "序号":
            return str(index)
        one = next((c for c in table.fields if name in (c.key, c.label)), None)
        return _shown(one, row.get(one.key), names).replace("{", "&#123;") if one else found[0]

    return _PART.sub(part, html)


def sheet_text(html: str) -> str:
    """The words of a sheet, for tests and search."""
    return bare(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))


async def pdf(html: str) -> bytes:
    """The sheet as PDF, in a thread. Raises UserError where this installation cannot."""
    return await asyncio.wait_for(asyncio.to_thread(to_pdf, html), PDF_SECONDS)


def to_pdf(html: str) -> bytes:
    """The sheet as PDF by WeasyPrint, which loads nothing but our font. Raises UserError."""
    try:
        from weasyprint import CSS, HTML  # noqa: PLC0415  # an optional extra with system libraries
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError):
        raise UserError(
            "no_pdf",
            "这台服务器没有装 PDF 组件，请用浏览器的打印另存为 PDF。",
            "管理员：pip install 'zhongshu[pdf]'，系统要有 Pango。",
        ) from None
    # Nothing but our font and pictures inside the page: a template cannot make the server call anybody.
    inside, ours = URLFetcher(allowed_protocols=("data",)), URLFetcher(allowed_protocols=("file",))
    fonts = FontConfiguration()
    face = f'@font-face {{ font-family: "Sheet"; src: url("{FONT.as_uri()}") }}'
    sheet = CSS(string=face, font_config=fonts, url_fetcher=ours)
    made = HTML(string=html, url_fetcher=inside).write_pdf(stylesheets=[sheet], font_config=fonts)
    return bytes(made or b"")
