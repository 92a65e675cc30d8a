"""A decision table as the grid that people edit: text → grid → text, and every mistake at its cell. Pure.

The text stays the definition: only the parts that were changed are written anew, comments elsewhere stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import Problem, UserError
from core.expressions import ExpressionError, Kind
from core.forms.definition import Form
from core.forms.schema import FindForm
from core.rules.cells import read_value
from core.rules.facts import told
from core.rules.table import DecisionTable, ReadyTable, read_table
from core.rules.tablecheck import column_options, faults

PARTS = ("hit", "collect", "inputs", "outputs", "rows", "otherwise")
KIND_WORDS = {Kind.NUMBER: "number", Kind.DATE: "date", Kind.BOOL: "bool"}


@dataclass(frozen=True)
class CellProblem:
    """One mistake; row and column from 0, −1 where it is the whole row, column or table."""

    row: int
    column: int
    message: str
    level: str = "error"


def grid_of(text: str, find: FindForm) -> dict[str, Any]:
    """The grid of a text with everything that is wrong with it. Raises UserError when it is no table at all."""
    raw = _raw(text)
    ready, problems = _checked(raw, find)
    inputs, outputs = [str(one) for one in raw.get("inputs") or []], _outputs(raw)
    width = len(inputs) + len(outputs)
    form = find(str(raw.get("of") or ""))
    return {
        "table": str(raw["table"]),
        "title": str(raw.get("title") or ""),
        "of": str(raw.get("of") or ""),
        "hit": str(raw.get("hit") or "unique"),
        "collect": str(raw.get("collect") or ""),
        "inputs": [_input(one, place, ready, form) for place, one in enumerate(inputs)],
        "outputs": outputs,
        "rows": [_wide([_cell(one) for one in row], width) for row in raw.get("rows") or []],
        "otherwise": [_cell(one) for one in raw.get("otherwise") or []],
        "problems": [vars(one) for one in problems],
    }


def written(text: str, grid: Mapping[str, Any]) -> str:
    """The text with the parts of an edited grid. Raises UserError."""
    raw = _raw(text)
    inputs = [str(one["text"]) for one in grid["inputs"]]
    wanted: dict[str, Any] = {
        "hit": grid["hit"],
        "collect": grid["collect"] if grid["hit"] == "collect" else "",
        "inputs": inputs,
        "outputs": [_output(one) for one in grid["outputs"]],
        "rows": [[str(cell).strip() or "-" for cell in row] for row in grid["rows"]],
        "otherwise": [str(cell).strip() or "-" for cell in grid["otherwise"]]
        if any(grid["otherwise"])
        else [],
    }
    for name in PARTS:
        if _plain(name, raw.get(name)) != _plain(name, wanted[name]):
            text = _with(text, name, wanted[name])
    return text


def tried(text: str, values: Sequence[str], find: FindForm) -> dict[str, Any]:
    """Which rows (from 0) some inputs hit, and what comes out. Raises UserError with the mistake."""
    ready, problems = _checked(_raw(text), find)
    if ready is None:
        raise UserError("bad_table", problems[0].message if problems else "这张表还不能用。")
    typed = []
    for expression, given in zip(ready.inputs, values, strict=True):
        try:
            typed.append(read_value(given, expression.kind) if given.strip() else None)
        except ValueError as error:
            raise UserError("bad_value", str(error)) from error
    try:
        found = ready.decided(typed)
    except ExpressionError as error:
        return {"rows": [one - 1 for one in ready.hits(typed)], "values": [], "error": error.message}
    labels = {one.key: one.label for one in ready.definition.outputs}
    said = [{"label": labels[key], "value": _said(value)} for key, value in found.values.items()]
    return {"rows": [one - 1 for one in found.rows], "values": said, "error": ""}


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(_said(one) for one in value)
    return _cell(told(value))


# --- reading -------------------------------------------------------------------------------------------


def _raw(text: str) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError("bad_text", "文本写错了，请先在「文本」里改好，再看表格。") from error
    if not isinstance(raw, dict) or "table" not in raw:
        raise UserError("bad_text", "这不是一张决策表，请在「文本」里改。")
    return raw


def _checked(raw: dict[str, Any], find: FindForm) -> tuple[ReadyTable | None, list[CellProblem]]:
    try:
        definition = DecisionTable.model_validate(raw)
    except ValidationError as error:
        return None, [_shape(one) for one in error.errors()]
    ready, problems = read_table(definition, find)
    form = find(definition.of)
    if ready is None or form is None:
        return None, [_at(one, len(definition.inputs)) for one in problems]
    unique = definition.hit == "unique"
    found = []
    for fault in faults(ready, form):
        level = "error" if fault.kind == "overlap" and unique else "warning"
        found += [CellProblem(row - 1, -1, fault.text, level) for row in fault.rows or (0,)]
    return ready, found


def _shape(error: Any) -> CellProblem:
    """A mistake of the shape: `rows.3` names its row."""
    place = [one for one in error["loc"] if isinstance(one, int)]
    row = place[0] if error["loc"][:1] == ("rows",) and place else -1
    message = str(error["msg"]).removeprefix("Value error, ")
    return CellProblem(row, -1, message)


def _at(problem: Problem, inputs: int) -> CellProblem:
    """`rows.2.1` → row 2, column 1; `inputs.0` → column 0."""
    part, *rest = problem.path.split(".")
    places = [int(one) for one in rest if one.isdigit()]
    if part == "inputs" and places:
        return CellProblem(-1, places[0], problem.message)
    if part == "rows" and places:
        return CellProblem(places[0], places[1] if len(places) > 1 else -1, problem.message)
    return CellProblem(-1, inputs if part == "otherwise" else -1, problem.message)


def _input(text: str, place: int, ready: ReadyTable | None, form: Form | None) -> dict[str, Any]:
    kind = KIND_WORDS.get(ready.inputs[place].kind, "text") if ready else "text"
    options = column_options(ready, form, place) if ready and form else ()
    return {"text": text, "kind": kind, "options": list(options)}


def _outputs(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = [one for one in raw.get("outputs") or [] if isinstance(one, dict)]
    return [
        {
            "key": str(one.get("key") or ""),
            "label": str(one.get("label") or ""),
            "type": str(one.get("type") or "text"),
            "values": [str(value) for value in one.get("values") or []],
        }
        for one in given
    ]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value in (None, "-") else str(value)


def _wide(row: list[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))][: max(width, len(row))]


# --- writing -------------------------------------------------------------------------------------------


def _output(one: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"key": one["key"], "label": one["label"]}
    if one["type"] != "text":
        found["type"] = one["type"]
    if one["values"]:
        found["values"] = list(one["values"])
    return found


def _plain(name: str, value: Any) -> Any:
    """Equal where nothing was changed: cells as texts, outputs with their defaults."""
    if name == "outputs":
        return _outputs({"outputs": value})
    if name == "rows":
        return [[_cell(one) for one in row] for row in value or []]
    if name in ("inputs", "otherwise"):
        return [_cell(one) for one in value or []]
    return value or ("unique" if name == "hit" else "")


def _with(source: str, name: str, value: Any) -> str:
    """The text with another value of one top-level part; the part is added at the end, or taken out when empty."""
    lines = source.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(f"{name}:")), None)
    if start is None:
        return source.rstrip("\n") + "\n" + _part(name, value)
    end = start + 1
    while end < len(lines) and (
        lines[end].startswith((" ", "-", "#", "\t", "]", "}")) or not lines[end].strip()
    ):
        end += 1
    while end > start + 1 and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
        end -= 1  # what is said below a part belongs to what follows
    return "".join(lines[:start]) + _part(name, value) + "".join(lines[end:])


def _part(name: str, value: Any) -> str:
    if not value:
        return ""
    if name in ("rows", "outputs"):
        return f"{name}:\n" + "".join(f"  - {_flow(one)}\n" for one in value)
    return f"{name}: {_flow(value)}\n"


def _flow(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=100_000, sort_keys=False)
    return str(text).strip()
