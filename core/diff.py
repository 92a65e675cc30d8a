"""What changed between two versions of a definition, as Chinese sentences that people can check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.definitions import Model
from core.flows.assign import say
from core.flows.definition import Flow, Step
from core.forms.definition import FieldDef, Form
from core.forms.fields import KINDS
from core.reach import CHANNEL_NAMES

MISSING = "无"

_WORDS = {
    "title": "标题",
    "label": "名称",
    "type": "类型",
    "required": "必填",
    "readonly": "只读",
    "default": "默认值",
    "formula": "公式",
    "required_if": "必填条件",
    "visible_if": "显示条件",
    "help": "说明",
    "placeholder": "提示",
    "width": "占一行的多少",
    "max": "上限",
    "min": "下限",
    "lines": "行数",
    "decimals": "小数位",
    "unit": "单位",
    "options": "选项",
    "accept": "文件类型",
    "max_files": "文件数",
    "max_size": "文件大小",
    "rename": "文件命名规则",
    "to": "关联表单",
    "number": "流水号规则",
    "summary": "标题规则",
    "words": "口令",
    "hidden": "隐藏",
    "condition": "条件",
    "vote": "会签方式",
    "mode": "方式",
    "ratio": "比例",
    "weights": "票数",
    "pass_at": "通过票数",
    "veto": "一票否决",
    "settle": "何时结束表决",
    "same_as_initiator": "审批人是发起人时",
    "always": "必审",
    "batch": "可批量处理",
    "reject": "拒绝后",
    "returns": "退回",
    "back": "退回后",
    "watch": "关注字段",
    "choose": "可选退回方式",
    "buttons": "按钮",
    "candidates": "转交加签的范围",
    "reason": "必须写原因",
    "fields": "字段权限",
    "due": "期限",
    "days": "天",
    "hours": "小时",
    "calendar": "日历",
    "before": "之前提醒",
    "after": "之后提醒",
    "on": "事件",
    "work": "数据操作",
    "set": "写入",
    "match": "匹配",
    "into": "带回",
    "each": "逐行子表",
    "limit": "上限",
    "form": "表单",
    "subflow": "子流程",
    "wait": "等待完成",
    "refuse": "拒绝",
    "skip": "跳过",
    "instead": "改由",
    "webhook": "接口",
    "url": "地址",
    "body": "内容",
    "delay": "等待时间",
    "until": "直到",
    "field": "字段",
    "text": "文字",
    "group": "群",
    "subject": "邮件标题",
    "report": "图表",
    "dedup": "重复审批人",
    "withdraw": "撤回",
    "allowed": "允许",
    "mend": "撤回后修改",
    "department": "以哪个部门为准",
    "start": "发起表单",
    "later": "后面步骤才填的字段",
    "running": "同一单据的流程数",
    "rows": "行数限制",
    "who": "处理人",
    "nobody": "无人时",
    "result": "结果",
    "when": "触发",
    "then": "动作",
    "measures": "指标",
    "by": "维度",
    "chart": "图形",
    "source": "数据来源",
    "readonly_if": "只读条件",
    "when_hidden": "隐藏时的值",
    "unique": "唯一",
    "fill_from": "数据联动",
    "min_length": "最少字数",
    "pattern": "正则",
    "mask": "输入掩码",
    "rounding": "舍入方式",
    "currency": "币种",
    "capital": "显示大写",
    "thousands": "千分位",
    "span_unit": "时长单位",
    "step": "分钟步长",
    "option_set": "选项集",
    "options_from": "选项来源",
    "other": "其他选项",
    "min_items": "最少个数",
    "max_items": "最多个数",
    "among": "可选范围",
    "create": "可新建",
    "copy_down": "带入字段",
    "via": "经由",
    "take": "取值字段",
    "live": "实时",
    "of": "来源表单",
    "agg": "汇总方式",
    "rule": "流水号规则",
    "guards": "跨表校验",
    "prints": "打印模板",
    "effective": "生效方式",
    "pick": "选择数据",
    "target": "改哪条关联数据",
    "put": "改成",
    "items": "选项",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the diff: `+` added, `-` removed, `~` changed."""

    sign: str
    text: str


def diff(old: Model | None, new: Model) -> list[Change]:
    """The changes from one version to the next; everything is new when there is no old one."""
    if old is None:
        return [Change("+", f"新建「{getattr(new, 'title', '') or new.key}」")]
    if isinstance(old, Form) and isinstance(new, Form):
        return list(_forms(old, new))
    if isinstance(old, Flow) and isinstance(new, Flow):
        return list(_flows(old, new))
    return list(_values("", old.model_dump(), new.model_dump()))


def _forms(old: Form, new: Form) -> Iterator[Change]:
    skip = {"fields", "checks", "form"}
    yield from _values("", old.model_dump(exclude=skip), new.model_dump(exclude=skip))
    yield from _fields(old.fields, new.fields, "")
    before = {one.say: one for one in old.checks}
    after = {one.say: one for one in new.checks}
    for name in after.keys() - before.keys():
        yield Change("+", f"新增校验「{name}」：{after[name].condition}")
    for name in before.keys() - after.keys():
        yield Change("-", f"删除校验「{name}」")
    for name in before.keys() & after.keys():
        yield from _values(f"校验「{name}」的", before[name].model_dump(), after[name].model_dump())


def _fields(old: tuple[FieldDef, ...], new: tuple[FieldDef, ...], around: str) -> Iterator[Change]:
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    taken = {one.source for key, one in after.items() if one.source in before and key not in before}
    for key in after:
        if key not in before:
            yield _came(after[key], before.get(after[key].source or ""), around)
    for key in before:
        if key not in after and key not in taken:
            yield Change("-", f"{around}去掉字段「{before[key].label}」，已有数据保留，加回来就能看到")
    for key in after:
        if key in before:
            one, two = before[key], after[key]
            place = f"{around}字段「{two.label}」的"
            skip = {"fields", "type"} if one.type != two.type else {"fields"}
            if one.type != two.type:
                yield Change("~", f"{place}类型：{KINDS[one.type].title} → {KINDS[two.type].title}")
            yield from _values(place, one.model_dump(exclude=skip), two.model_dump(exclude=skip))
            yield from _fields(one.fields, two.fields, f"子表「{two.label}」：")


def _came(new: FieldDef, old: FieldDef | None, around: str) -> Change:
    """A field that was not there; `old`: the one whose values it takes over."""
    kind = KINDS[new.type].title
    if old is None:
        return Change("+", f"{around}新增字段「{new.label}」（{kind}）")
    name = f"「{old.label}」" if old.label == new.label else f"「{old.label}」改名为「{new.label}」，"
    return Change("~", f"{around}字段{name}由{KINDS[old.type].title}改为{kind}，已有的值换算过去")


def _flows(old: Flow, new: Flow) -> Iterator[Change]:
    skip = {"steps", "flow", "tests"}
    yield from _values(
        "", old.model_dump(mode="json", exclude=skip), new.model_dump(mode="json", exclude=skip)
    )
    yield from _cases(old, new)
    before = {one.key: one for one in old.walk()}
    after = {one.key: one for one in new.walk()}
    for key in after:
        if key not in before:
            yield Change("+", f"新增步骤「{after[key].name}」{_asked(after[key])}")
    for key in before:
        if key not in after:
            yield Change("-", f"删除步骤「{before[key].name}」")
    for key in after:
        if key in before:
            yield from _step(before[key], after[key])
    kept_before = [key for key in before if key in after]
    kept_after = [key for key in after if key in before]
    if kept_before != kept_after:
        yield Change("~", "步骤顺序：" + " → ".join(after[key].name for key in kept_after))


def _cases(old: Flow, new: Flow) -> Iterator[Change]:
    before, after = {one.name: one for one in old.tests}, {one.name: one for one in new.tests}
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            sign, verb = (
                ("+", "新增") if name not in before else ("-", "删除") if name not in after else ("~", "修改")
            )
            yield Change(sign, f"{verb}用例「{name}」")


def _step(old: Step, new: Step) -> Iterator[Change]:
    skip = {"paths", "key", "who", "kind", "by", "to"}
    place = f"步骤「{new.name}」的"
    yield from _values(
        place, old.model_dump(mode="json", exclude=skip), new.model_dump(mode="json", exclude=skip)
    )
    if old.who != new.who:
        yield Change("~", f"{place}处理人：{_people(old)} → {_people(new)}")
    for word, said in (("通知方式", _channels), ("收件地址", _addresses)):
        if said(old) != said(new):
            yield Change("~", f"{place}{word}：{said(old)} → {said(new)}")
    for index in range(max(len(old.paths), len(new.paths))):
        one = old.paths[index] if index < len(old.paths) else None
        two = new.paths[index] if index < len(new.paths) else None
        before = (one.condition or "其他情况") if one else MISSING
        then = (two.condition or "其他情况") if two else MISSING
        if before != then:
            sign = "+" if one is None else "-" if two is None else "~"
            yield Change(sign, f"分支「{new.name}」第 {index + 1} 条的条件：{before} → {then}")


def _asked(step: Step) -> str:
    return f"，处理人：{_people(step)}" if step.who else ""


def _channels(step: Step) -> str:
    return "、".join(CHANNEL_NAMES[one] for one in step.by)


def _addresses(step: Step) -> str:
    return "、".join(f"「{one.field}」" for one in step.to) or MISSING


def _people(step: Step) -> str:
    return "、".join(say(one) for one in step.who) or MISSING


def _values(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before != after:
            yield Change("~", f"{place}{_WORDS.get(name, name)}：{_text(before)} → {_text(after)}")


def _text(value: Any) -> str:
    if value in (None, "", (), {}):
        return MISSING
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        if "value" in value:
            return str(value.get("text") or value["value"])
        return "，".join(
            f"{_WORDS.get(k, k)} {_text(v)}" for k, v in value.items() if v not in (None, "", (), {}, False)
        )
    if isinstance(value, (tuple, list)):
        return "、".join(_text(one) for one in value)
    return str(value)
