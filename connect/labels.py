"""Labels with a code to scan: 3 × 8 on A4, or one a 60 × 40 mm label paper.

The code is the record's first 二维码/条码 field where it has one, else what opens the record.
"""

from __future__ import annotations

from html import escape

from core.forms.codes import code_data, qr_data
from core.forms.definition import Form
from core.forms.fields import Names
from core.forms.storage import Record
from core.forms.text import show
from core.queries.prints import LABEL_A4, LABEL_ROLL

PER_PAGE = 24
MOST_LINES = 3

_STYLE = """
* { box-sizing: border-box } body { margin: 0; font: 9pt/1.35 "Sheet", "PingFang SC", "Microsoft YaHei", sans-serif }
.label { display: flex; gap: 2.5mm; align-items: center; overflow: hidden; break-inside: avoid }
.label img { width: 26mm; height: 26mm; flex: none } .bars { flex-direction: column; align-items: stretch }
.bars img { width: auto; height: 15mm; align-self: center } .label div { min-width: 0; overflow: hidden }
.label b { display: block; font-size: 10.5pt; overflow-wrap: anywhere } .label p { margin: .5mm 0 0; font-size: 8pt;
  white-space: nowrap; overflow: hidden }
"""
_SIZES = {
    LABEL_A4: "@page { size: A4; margin: 8.5mm 0 } section { display: grid; grid-template-columns: repeat(3, 70mm);"
    " grid-auto-rows: 35mm; break-after: page } .label { padding: 3mm 4mm; height: 35mm }",
    LABEL_ROLL: "@page { size: 60mm 40mm; margin: 0 } .label { width: 60mm; height: 40mm; padding: 3mm;"
    " break-after: page } section { display: block }",
}


def label(form: Form, record: Record, names: Names, address: str) -> str:
    """One label."""
    held = next((one for one in form.fields if one.type == "barcode" and record.values.get(one.key)), None)
    drawn = code_data(held.code, str(record.values[held.key])) if held else qr_data(address)
    shape = "qr" if held is None or held.code == "qr" else "bars"
    lines = [
        f"<p>{escape(one.label)} {escape(show(one, record.values.get(one.key), names))}</p>"
        for one in form.fields
        if _fits(one.base.type) and record.values.get(one.key) not in (None, "", [])
    ]
    title = "" if record.title == f"{form.title} {record.number}" else f"<p>{escape(record.title)}</p>"
    words = "".join([title, *lines][:MOST_LINES])
    return (
        f'<div class="label {shape}"><img alt="" src="{drawn}"><div><p>{escape(form.title)}</p>'
        f"<b>{escape(record.number)}</b>{words}</div></div>"
    )


def _fits(kind: str) -> bool:
    return kind in ("text", "select", "member", "department", "date", "number", "link", "serial")


def sheet(kind: str, labels: list[str]) -> str:
    """Labels as one HTML page."""
    pages = [labels[start : start + PER_PAGE] for start in range(0, len(labels), PER_PAGE)]
    body = "".join(f"<section>{''.join(one)}</section>" for one in pages)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>标签</title>'
        f"<style>{_STYLE}{_SIZES[kind]}</style></head><body>{body}</body></html>"
    )
