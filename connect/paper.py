"""Printed sheets as HTML: an A4 layout for every form, or a form's own template.

A template is HTML with {字段} {编号} {状态} {审批记录} {签字} {二维码} {大写:字段} {打印人} {打印时间}, and for
each row of a sub-table {#明细} … {序号} {列} … {/明细}. Everything that is filled in is escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from connect.paperparts import rows, sections, shown, signatures, trail, when
from core.errors import NotFound, UserError
from core.expressions import ExpressionError
from core.expressions.money import LIMIT, capitals
from core.forms.asking import names_for
from core.forms.codes import qr_data
from core.forms.definition import FieldDef, PrintDef
from core.forms.fields import Names
from core.forms.fields.text import bare
from core.forms.schema import ReadyForm
from core.forms.storage import Record
from core.store.work import UnitOfWork

_PART = re.compile(r"\{([^{}#/\n]{1,60})\}")
_ROWS = re.compile(r"\{#([^{}\n]{1,40})\}(.*?)\{/\1\}", re.DOTALL)

STYLE = """
@page { size: PAGE; margin: 13mm 13mm 17mm;
  @bottom-left { content: "FOOT"; font: 8pt "Sheet", sans-serif; color: #555 }
  @bottom-right { content: "第 " counter(page) " 页，共 " counter(pages) " 页"; font: 8pt "Sheet", sans-serif;
    color: #555 } }
* { box-sizing: border-box } body { font: 10pt/1.5 "Sheet", "PingFang SC", "Microsoft YaHei", sans-serif; margin: 0;
  color: #111 } @media screen { body { max-width: 210mm; margin: 8mm auto; padding: 0 8mm } }
article { position: relative } article + article { break-before: page }
header { position: relative; min-height: 22mm; padding: 1mm 24mm 0; text-align: center }
header .house { margin: 0; font-size: 11pt; letter-spacing: .5mm } h1 { font-size: 18pt; margin: 0; letter-spacing: 2mm;
  text-indent: 2mm; line-height: 1.4 } header img.qr { position: absolute; right: 0; top: 0 }
p.no { display: flex; justify-content: space-between; margin: 1mm 0 1.5mm; font-size: 9.5pt }
h2 { font-size: 10.5pt; margin: 4mm 0 1.5mm; break-after: avoid }
img.qr { width: 20mm; height: 20mm } img.bars { height: 14mm }
table { width: 100%; border-collapse: collapse; table-layout: fixed; margin-bottom: 2.5mm }
th, td { border: .25mm solid #333; padding: 1.3mm 2mm; text-align: left; vertical-align: middle;
  overflow-wrap: anywhere } th { background: #f4f4f4; font-weight: normal }
col.l { width: 14% } table.rows th { text-align: center } table.rows th.no, table.rows td.no { width: 9mm;
  text-align: center; padding: 1.3mm .5mm } td.n { text-align: right; font-variant-numeric: tabular-nums }
tr.total td { font-weight: bold } span.cn { margin-left: 6mm }
table.trail { font-size: 9pt } table.trail th:nth-child(1) { width: 31mm } table.trail th:nth-child(2) { width: 26mm }
table.trail th:nth-child(3) { width: 26mm } table.trail th:nth-child(4) { width: 22mm }
table.signs { margin-top: 5mm; break-inside: avoid } table.signs th, table.signs td { text-align: center }
td.sign { height: 15mm; vertical-align: top; text-align: left !important; border-bottom-style: dotted }
td.sign i { font-style: normal; font-size: 8pt; color: #999 } table.signs small { font-size: 8pt; color: #444 }
tr { break-inside: avoid } thead { display: table-header-group }
.void { position: absolute; top: 80mm; left: 45mm; font-size: 60pt; color: #f54a4540; transform: rotate(-20deg) }
"""


@dataclass(frozen=True)
class Around:
    """What stands around a record on paper.

    document  RECORD of docs/pages-api.md;  flows  its FLOWs;  address  what the code on the sheet opens
    """

    document: dict[str, Any]
    flows: list[dict[str, Any]]
    address: str
    house: str = ""
    printed_by: str = ""


@dataclass(frozen=True)
class Sheets:
    """Sheets of the same template on their way to paper."""

    title: str
    size: str
    foot: str
    articles: tuple[str, ...] = field(repr=False)

    def html(self) -> str:
        """One page without anything to load."""
        style = STYLE.replace("PAGE", self.size).replace("FOOT", self.foot.replace("\\", "").replace('"', ""))
        return (
            f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(self.title)}</title>'
            f"<style>{style.replace('<', '')}</style></head><body>{''.join(self.articles)}</body></html>"
        )


def own_template(ready: ReadyForm, template: str) -> PrintDef | None:
    """A template that stands in the form; None for the layout that every form has. Raises NotFound."""
    found = next((one for one in ready.form.prints if one.key == template), None)
    if template and found is None:
        raise NotFound("没有这个打印模板。")
    return found


def article(
    uow: UnitOfWork, found: tuple[ReadyForm, Record], around: Around, template: PrintDef | None
) -> str:
    """One record's sheet. Raises UserError where the template's condition does not hold."""
    ready, record = found
    names = names_for(uow, ready.form, record.values)
    if template is None:
        body = _standard(ready, record, names, around)
    else:
        _may_print(uow, ready, record, template)
        body = _from_template(uow, found, names, (template, around))
    stamp = '<div class="void">作 废</div>' if record.voided_at else ""
    return f"<article>{stamp}{body}</article>"


def page(uow: UnitOfWork, found: tuple[ReadyForm, Record], around: Around, template: str = "") -> str:
    """The sheet of one record as one HTML page. Raises NotFound for an unknown template."""
    own = own_template(found[0], template)
    title = f"{found[0].form.title} {found[1].number}"
    return Sheets(
        title, own.page if own else "A4", foot(uow, around), (article(uow, found, around, own),)
    ).html()


def foot(uow: UnitOfWork, around: Around) -> str:
    """Who printed, and when."""
    now = uow.now.astimezone(uow.house.zone)
    who = f"{around.printed_by} " if around.printed_by else ""
    return f"打印：{who}{now:%Y-%m-%d %H:%M}"


def _may_print(uow: UnitOfWork, ready: ReadyForm, record: Record, sheet: PrintDef) -> None:
    condition = ready.prints[ready.form.prints.index(sheet)]
    try:
        allowed = condition is None or bool(condition.evaluate(record.facts(), uow.scope(None)))
    except ExpressionError:
        allowed = False
    if not allowed:
        raise UserError("not_yet", f"{record.number} 现在还不能打印「{sheet.title}」。")


def _standard(ready: ReadyForm, record: Record, names: Names, around: Around) -> str:
    made = record.created_at.astimezone(names.zone)
    house = f'<p class="house">{escape(around.house)}</p>' if around.house else ""
    head = (
        f"<header>{house}<h1>{escape(ready.form.title)}</h1>"
        f'<img class="qr" alt="扫码打开" src="{qr_data(around.address)}"></header>'
        f'<p class="no"><span>编号：{escape(record.number)}</span><span>日期：{made:%Y 年 %m 月 %d 日}</span>'
        f"<span>状态：{escape(around.document['state']['text'])}</span></p>"
    )
    parts = [head, *sections(ready.form, record, names)]
    parts += [trail(one, names) for one in around.flows]
    parts.append(signatures(around.document, around.flows, names))
    return "".join(parts)


def _from_template(
    uow: UnitOfWork, found: tuple[ReadyForm, Record], names: Names, rest: tuple[PrintDef, Around]
) -> str:
    (ready, record), (sheet, around) = found, rest
    document, now = around.document, uow.now.astimezone(names.zone)
    system = {
        "公司": escape(around.house),
        "编号": escape(record.number),
        "状态": escape(document["state"]["text"]),
        "创建人": escape(document["created_by"]),
        "创建时间": escape(when(document["created_at"], names)),
        "打印人": escape(around.printed_by),
        "打印时间": f"{now:%Y-%m-%d %H:%M}",
        "审批记录": "".join(trail(one, names) for one in around.flows),
        "签字": signatures(document, around.flows, names),
        "二维码": f'<img class="qr" alt="" src="{qr_data(around.address)}">',
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
            return escape(capitals(value)) if value is not None and abs(value) < LIMIT else ""
        one = ready.form.by_label(name)
        if one is not None and one.type == "subtable":
            return rows(one, record.values.get(one.key) or [], names)
        return shown(one, record.values.get(one.key), names) if one else escape(found[0])

    html = re.sub(r"<script\b.*?</script\s*>", "", sheet.html, flags=re.DOTALL | re.IGNORECASE)
    return _PART.sub(part, _ROWS.sub(table, html))


def _row(table: FieldDef, row: dict[str, Any], index: int, html: str, names: Names) -> str:
    def part(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name == "序号":
            return str(index)
        one = next((c for c in table.fields if name in (c.key, c.label)), None)
        return shown(one, row.get(one.key), names).replace("{", "&#123;") if one else found[0]

    return _PART.sub(part, html)


def sheet_text(html: str) -> str:
    """The words of a sheet, for tests and search."""
    return bare(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))
