"""What is wrong between a flow and other definitions: forms, fields, 授权表, reports, circles of sub-flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.errors import Problem
from core.flows.definition import Authority, Flow, Step
from core.forms.definition import Form

Triggered = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Around:
    """The other definitions: those in the text that is being checked, else those in force."""

    form: Callable[[str], Form | None]
    flow_of: Callable[[str], Flow | None]
    authority: Callable[[str], Authority | None]


def lint_around(flow: Flow, around: Around, reports: Sequence[str]) -> list[Problem]:
    """Every reference to another definition holds, and no flow starts itself."""
    found: list[Problem] = []
    for path, step in _places(flow.steps, "steps"):
        found += _people(step, path, flow, around)
        found += _work(step, path, around)
        if step.report and step.report not in reports:
            found.append(Problem(path, f"步骤「{step.name}」：没有「{step.report}」这个报表"))
    found += _circle(flow, around)
    return found


def _places(steps: tuple[Step, ...], path: str) -> Iterator[tuple[str, Step]]:
    for index, step in enumerate(steps):
        yield f"{path}.{index}", step
        for number, one in enumerate(step.paths):
            yield from _places(one.steps, f"{path}.{index}.paths.{number}.steps")


def _people(step: Step, path: str, flow: Flow, around: Around) -> list[Problem]:
    found = []
    for who in step.who:
        table = around.authority(who.table) if who.table else None
        if who.table and table is None:
            found.append(Problem(f"{path}.who", f"步骤「{step.name}」：没有「{who.table}」这个授权表"))
        elif table is not None and table.form != flow.form:
            found.append(Problem(f"{path}.who", f"步骤「{step.name}」：授权表「{table.key}」是别的表单的"))
    return found


def _work(step: Step, path: str, around: Around) -> list[Problem]:
    key = step.work.form if step.work else step.subflow.form if step.subflow else ""
    if not key:
        return []
    form = around.form(key)
    if form is None:
        return [Problem(path, f"步骤「{step.name}」：没有「{key}」这个表单")]
    found = []
    if step.subflow and around.flow_of(key) is None:
        found.append(Problem(path, f"步骤「{step.name}」：表单「{form.title}」没有流程，不能作为子流程"))
    for mapping in _mappings(step):
        for name in mapping:
            if name != "id" and form.field(name) is None and form.by_label(name) is None:
                found.append(Problem(path, f"步骤「{step.name}」：「{form.title}」没有字段「{name}」"))
    if step.kind in ("update", "delete", "query") and step.work and not step.work.match:
        found.append(Problem(path, f"步骤「{step.name}」没有写匹配条件（match），会碰到所有数据"))
    return found


def _mappings(step: Step) -> Iterator[Mapping[str, str]]:
    if step.work:
        yield from (step.work.set, step.work.match)
    if step.subflow:
        yield step.subflow.set


def _circle(flow: Flow, around: Around) -> list[Problem]:
    """A sub-flow or new record whose own flow leads back here would never end."""
    for name, form in _starts(flow):
        seen, waiting = {flow.form}, [form]
        while waiting:
            key = waiting.pop()
            if key == flow.form:
                return [Problem("steps", f"步骤「{name}」会再次发起本流程，成了一个圈")]
            if key in seen:
                continue
            seen.add(key)
            other = around.flow_of(key)
            waiting += [next_form for _, next_form in _starts(other)] if other else []
    return []


def _starts(flow: Flow) -> Triggered:
    """(step, form) of every record whose flow this flow starts."""
    for step in flow.walk():
        if step.subflow:
            yield step.name, step.subflow.form
        elif step.kind == "create" and step.work:
            yield step.name, step.work.form
