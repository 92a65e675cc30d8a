"""Loops between rules, forms, flows and aggregate tables, found before publishing. Pure.

Who writes what (form.field, new and gone records, flows begun or ended, sums moved) → who is set off by it.
A rule may bound its followers by `follow`; a threshold rule that brings its own figure back is stopped by its
hysteresis: such loops are told as warnings, all others are mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.expressions import ExpressionError, Schema, compile
from core.flows.definition import Flow
from core.forms.definition import Form
from core.forms.schema import schema_of
from core.rules.aggregate import Aggregate
from core.rules.definition import Rule
from core.rules.thens import Action, Assign, Create, Delete, FlowAction, Target, Upsert
from core.rules.when import Created, Deleted, Effective, FlowHappened, Saved, Threshold, Updated, Voided


@dataclass(frozen=True)
class Effect:
    """kind: created, updated, deleted, flow, moved (a sum); `of`: form or aggregate; fields: None = any."""

    kind: str
    of: str
    fields: frozenset[str] | None = None

    def said(self, model: Model) -> str:
        """As people read it."""
        title = model.title(self.of)
        match self.kind:
            case "created":
                return f"新建{title}"
            case "deleted":
                return f"删除{title}"
            case "flow":
                return f"{title}的流程"
            case "moved":
                return f"改变聚合表「{title}」"
        names = "、".join(sorted(model.label(self.of, one) for one in self.fields or ())) or "任意字段"
        return f"修改{title}的{names}"


@dataclass(frozen=True)
class Model:
    """Everything that is, or would be, in force."""

    rules: Mapping[str, Rule]
    forms: Mapping[str, Form]
    flows: Mapping[str, Flow] = field(default_factory=dict)
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)

    def title(self, key: str) -> str:
        """Of a form or aggregate table."""
        found = self.forms.get(key) or self.aggregates.get(key)
        return found.title if found else key

    def label(self, form: str, key: str) -> str:
        """Of a field."""
        found = self.forms[form].field(key) if form in self.forms else None
        return found.label if found else key


@dataclass(frozen=True)
class Loop:
    """Rules that set one another off: their keys in order, whether it stops by itself, and the sentence."""

    rules: tuple[str, ...]
    bounded: bool
    text: str


def loops(model: Model) -> list[Loop]:
    """Every loop, the shortest through each rule, each told once: first those that nothing stops."""
    edges = _edges(model)
    free = {
        key: {other: effect for other, effect in some.items() if not _stopped(model.rules[key], other)}
        for key, some in edges.items()
    }
    found: dict[frozenset[str], Loop] = {}
    for graph, bounded in ((free, False), (edges, True)):
        for key in sorted(model.rules):
            path = _shortest(key, graph)
            if path is not None and frozenset(path) not in found:
                found[frozenset(path)] = _loop(model, path, edges, bounded=bounded)
    return list(found.values())


def _stopped(rule: Rule, other: str) -> bool:
    """A step that something stops: a threshold's own hysteresis, or that the author allowed it by name."""
    return (other == rule.key and isinstance(rule.when, Threshold)) or isinstance(rule.follow, tuple)


Edges = dict[str, dict[str, Effect]]


def _edges(model: Model) -> Edges:
    """rule → rules that it may set off, with by what."""
    edges: Edges = {}
    for key, rule in model.rules.items():
        effects = _closure(model, _writes(model, rule))
        edges[key] = {
            other: effect
            for other, follower in model.rules.items()
            if _may_follow(rule, other)
            for effect in effects
            if _sets_off(model, effect, follower)
        }
    return edges


def _may_follow(rule: Rule, other: str) -> bool:
    return rule.follow == "allow" or (rule.follow != "forbid" and other in rule.follow)


def _shortest(start: str, edges: Edges) -> list[str] | None:
    """The rules of the shortest way from a rule back to itself."""
    before: dict[str, str] = {}
    queue = [start]
    while queue:
        here = queue.pop(0)
        for there in sorted(edges.get(here, {})):
            if there == start:
                path = [here]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if there not in before:
                before[there] = here
                queue.append(there)
    return None


def _loop(model: Model, path: list[str], edges: Edges, *, bounded: bool) -> Loop:
    parts = []
    for index, key in enumerate(path):
        following = path[(index + 1) % len(path)]
        effect = edges[key][following]
        parts.append(
            f"「{model.rules[key].title}」会{effect.said(model)}，触发「{model.rules[following].title}」"
        )
    said = f"规则会循环触发：{'；'.join(parts)}"
    if not bounded:
        return Loop(tuple(path), False, f"{said}。请在 when 里写 fields 缩小范围，或写 follow: forbid")
    damped = len(path) == 1 and isinstance(model.rules[path[0]].when, Threshold)
    why = "靠回差停下" if damped else "已用 follow 写明允许，运行时超过层数会停下"
    return Loop(tuple(path), True, f"{said}（{why}）")


# --- what a rule writes ------------------------------------------------------------------------------


def _writes(model: Model, rule: Rule) -> set[Effect]:
    actions = [*rule.then, *(one for rung in rule.escalate for one in rung.actions(rule.then))]
    return {effect for one in actions for effect in _action(model, rule, one)}


def _action(model: Model, rule: Rule, one: Action) -> Iterable[Effect]:
    spec = one.spec
    match spec:
        case Create():
            yield Effect("created", spec.form)
        case Upsert():
            yield Effect("created", spec.form)
            yield Effect("updated", spec.form, _keys(model, spec.form, spec.targets))
        case Delete():
            yield Effect("deleted", _target(model, rule, spec))
        case Target():
            of = _target(model, rule, spec)
            yield Effect("updated", of, _keys(model, of, spec.targets))
        case Assign():
            yield Effect("updated", rule.when.form, _keys(model, rule.when.form, (spec.field,)))
        case FlowAction():
            yield Effect("flow", _behind(model, rule, spec.target))


def _target(model: Model, rule: Rule, spec: Target) -> str:
    return spec.form or _behind(model, rule, spec.target)


def _behind(model: Model, rule: Rule, name: str) -> str:
    if name in ("", "本单"):
        return rule.when.form
    form = model.forms.get(rule.when.form)
    found = form.by_label(name) if form else None
    return found.to if found else ""


def _keys(model: Model, form: str, names: Iterable[str]) -> frozenset[str]:
    found = model.forms.get(form)
    return frozenset(one.key for name in names if found and (one := found.by_label(name)))


# --- what follows from a write by itself ---------------------------------------------------------------


def _closure(model: Model, effects: set[Effect]) -> set[Effect]:
    """Formulas that compute anew, flows that begin with a record, what those flows write, sums that move."""
    found: set[Effect] = set()
    waiting = list(effects)
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        waiting += _following(model, one)
    return found


def _following(model: Model, effect: Effect) -> list[Effect]:
    form = model.forms.get(effect.of)
    if form is None:
        return []
    flows = [one for one in model.flows.values() if one.form == effect.of]
    made: list[Effect] = []
    if effect.kind == "created" and flows:
        made.append(Effect("flow", effect.of))
    if effect.kind == "flow":
        made += [written for one in flows for written in _flow_writes(model, one)]
    if effect.kind == "updated" and effect.fields is not None:
        more = _computed(model, form, effect.fields)
        if more - effect.fields:
            made.append(Effect("updated", effect.of, more | effect.fields))
    for one in model.aggregates.values():
        if any(_feeds(model, source, effect) for source in one.sources):
            made.append(Effect("moved", one.key))
    return made


def _flow_writes(model: Model, flow: Flow) -> list[Effect]:
    """What the automatic steps of a flow make and change (新增、修改、删除数据，子流程)."""
    found = []
    for step in flow.walk():
        kind = {"create": "created", "update": "updated", "delete": "deleted", "subflow": "created"}.get(
            step.kind
        )
        of = getattr(step.work, "form", "") or getattr(getattr(step, "subflow", None), "form", "")
        if kind and of in model.forms:
            names = getattr(step.work, "set", None) if kind == "updated" else None
            found.append(Effect(kind, of, _keys(model, of, names) if names else None))
    return found


def _computed(model: Model, form: Form, fields: frozenset[str]) -> frozenset[str]:
    """Computed fields that read some of these, at any distance."""
    schema = schema_of(form, model.forms.get)
    known = set(fields)
    for _ in form.fields:
        more = {
            path.partition(".")[0]
            for path, one in form.walk()
            if one.formula and known & _reads(one.formula, schema, form, path)
        }
        if more <= known:
            break
        known |= more
    return frozenset(known)


def _reads(text: str, schema: Schema, form: Form, path: str) -> set[str]:
    """The top-level fields that a formula reads; of a row formula at least its sub-table."""
    table = path.partition(".")[0]
    if "." in path:
        return {table, *(one.key for one in form.fields if one.label in text)}
    try:
        return {name.partition(".")[0] for name in compile(text, schema).names}
    except ExpressionError:
        return set()


def _feeds(model: Model, source: object, effect: Effect) -> bool:
    """Whether a change moves an aggregate table's source."""
    if getattr(source, "form", "") != effect.of:
        return False
    if effect.kind != "updated" or effect.fields is None:
        return True
    form = model.forms[effect.of]
    texts = [
        getattr(source, "condition", "") or "",
        *getattr(source, "by", {}).values(),
        *getattr(source, "add", {}).values(),
    ]
    rows = form.by_label(getattr(source, "rows", "") or "-")
    if rows is not None and rows.key in effect.fields:
        return True
    changed = [found for key in effect.fields if (found := form.field(key))]
    return any(one.label in text or one.key in text for one in changed for text in texts)


# --- what sets a rule off --------------------------------------------------------------------------------


def _sets_off(model: Model, effect: Effect, rule: Rule) -> bool:  # one return a family
    when = rule.when
    match when:
        case Created():
            return effect.kind == "created" and effect.of == when.created
        case Saved():
            if effect.of != when.saved:
                return False
            return effect.kind == "created" or (
                effect.kind == "updated" and _meets(model, effect, when.fields)
            )
        case Updated():
            return (
                effect.kind == "updated" and effect.of == when.updated and _meets(model, effect, when.fields)
            )
        case Deleted():
            return effect.kind == "deleted" and effect.of == when.deleted
        case Effective() | Voided() | FlowHappened():
            return effect.kind == "flow" and effect.of == when.form
        case Threshold():
            if effect.kind == "moved":
                return effect.of == when.threshold
            return effect.kind == "updated" and effect.of == when.of and _in_line(model, effect, when)
    return False


def _meets(model: Model, effect: Effect, names: tuple[str, ...]) -> bool:
    return not names or effect.fields is None or bool(effect.fields & _keys(model, effect.of, names))


def _in_line(model: Model, effect: Effect, when: Threshold) -> bool:
    form = model.forms.get(effect.of)
    texts = (when.value, when.line, when.back)
    changed = [found for key in effect.fields or () if form and (found := form.field(key))]
    return effect.fields is None or any(
        one.label in text or one.key in text for one in changed for text in texts
    )
