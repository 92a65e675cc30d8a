"""Around flows: timers that fire, callbacks, interventions with a second person, hand-over, 委托, the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from core import canon
from core.acting import Done
from core.commands import (
    AnswerCallback,
    AnswerIntervention,
    AskIntervention,
    Delegate,
    EndDelegation,
    FinishJob,
    FireTimer,
    HandOver,
    Intervene,
    SetWorkdays,
    TakeOver,
)
from core.errors import Conflict, NotAllowed, NotFound, UserError
from core.events import (
    DelegationChanged,
    Event,
    HandedOver,
    InterventionAsked,
    InterventionRefused,
    WorkdaysChanged,
)
from core.flows.actions import finish_job, fire_timer, intervene, load, take_over
from core.flows.jobs import set_fields
from core.people import Directory
from core.store.flowrows import Delegation, Intervention
from core.store.work import UnitOfWork
from core.worktime import REST, WORK, read_shifts

ACTIONS = {"jump": "跳转", "reassign": "改派", "end": "结束", "reopen": "重新激活"}
LONGEST_DELEGATION = timedelta(days=366)


def fire_due(uow: UnitOfWork, command: FireTimer) -> Done:
    """Fire a timer once; one whose instance is gone is only marked."""
    if command.timer_id and not uow.timers.claim(command.timer_id, uow.now):
        return Done("已经触发过了。")
    try:
        return fire_timer(uow, command)
    except NotFound:
        return Done("对应的流程已经不在了。")


def answer_callback(uow: UnitOfWork, command: AnswerCallback) -> Done:
    """A called system answers: its values go where the step says, the flow goes on. Raises NotFound."""
    found = uow.callbacks.use(canon.sha256(command.token), uow.now)
    if found is None:
        raise NotFound
    instance = load(uow, found[0])
    flow, _ = uow.shelf.flow(instance.flow, instance.flow_version)
    step = flow.step(found[1])
    ready = uow.shelf.form(instance.form, instance.form_version)
    values = {}
    for name, key in (step.webhook.into if step and step.webhook else {}).items():
        field = ready.form.field(name) or ready.form.by_label(name)
        if field is not None and key in command.values:
            values[field.key] = command.values[key]
    events = set_fields(uow, instance, values)
    return Done("已收到。", (*events, *finish_job(uow, FinishJob("system", *found))))


# --- interventions ----------------------------------------------------------------------------------


def ask_intervention(uow: UnitOfWork, command: AskIntervention) -> Done:
    """Ask for it; nothing happens before another administrator says yes."""
    if command.action not in ACTIONS:
        raise UserError("unknown_action", "干预只有：跳转、改派、结束、重新激活。")
    if not command.reason.strip():
        raise UserError("reason_required", "请写明干预的原因。")
    load(uow, command.instance_id)
    args = {"step": command.step, "task_id": command.task_id, "to": command.to}
    row = Intervention(
        id=uow.ids(),
        instance_id=command.instance_id,
        action=command.action,
        args=args,
        reason=command.reason.strip(),
        asked_by=command.actor,
        asked_at=uow.now,
        state="asked",
    )
    uow.interventions.add(row)
    event = InterventionAsked(
        f"instance:{row.instance_id}", row.id, row.instance_id, row.action, args, row.reason
    )
    return Done("已提交，等另一位管理员确认。", (event,), {"intervention_id": row.id})


def answer_intervention(uow: UnitOfWork, command: AnswerIntervention) -> Done:
    """The second person's word. Raises NotAllowed for the one who asked, Conflict when it was answered."""
    row = uow.interventions.load(command.intervention_id)
    if row is None:
        raise NotFound
    if row.asked_by == command.actor and command.yes:
        _alone(uow, row, command)
    state = "done" if command.yes else "refused"
    if not uow.interventions.answer(row.id, command.actor, state, uow.now):
        raise Conflict("这条干预已经处理过了。")
    if not command.yes:
        event = InterventionRefused(f"instance:{row.instance_id}", row.id, row.instance_id)
        return Done("已驳回这条干预。", (event,))
    wanted = Intervene(row.asked_by, row.instance_id, row.action, row.reason, command.actor, **row.args)
    return Done(f"已{ACTIONS[row.action]}。", intervene(uow, wanted))


def _alone(uow: UnitOfWork, row: Intervention, command: AnswerIntervention) -> None:
    """One's own wish: only where there is no second administrator, after the reason was written once more."""
    if only_admin(uow.people) != command.actor:
        raise NotAllowed("不能确认自己提出的干预，请另一位管理员来确认。")
    if command.reason.strip() != row.reason:
        raise UserError(
            "reason_again",
            "公司只有一位系统管理员：请把提出时的原因原样再写一遍，再执行。",
            "建议再设一位系统管理员。",
        )
    who, what = uow.people.called(command.actor), ACTIONS[row.action]
    note = f"「{who}」是唯一的系统管理员，独自确认了对流程的{what}：{row.reason}"
    uow.incidents.raise_(uow.ids(), "confirmed_alone", f"instance:{row.instance_id}", note, uow.now)


def only_admin(people: Directory) -> str:
    """The administrator, where there is but one; "" otherwise."""
    found = people.holders("admin")
    return found[0] if len(found) == 1 else ""


# --- hand-over --------------------------------------------------------------------------------------


def hand_over(uow: UnitOfWork, command: HandOver) -> Done:
    """Tasks, roles, departments, reports and delegations of a person go to another; all or nothing."""
    if command.person not in uow.people.people:
        raise UserError("unknown_person", "没有找到要交接的人。")
    if not uow.people.active(command.to) or command.to == command.person:
        raise UserError("unknown_person", "没有找到接手的人，或者此人已离职。")
    events: list[Event] = []
    instances = uow.instances.of_owner(command.person)
    for instance_id in instances:
        events += take_over(uow, TakeOver(command.actor, instance_id, command.person, command.to, "工作交接"))
    roles = [one for one in uow.people.roles.values() if command.person in one.people]
    uow.directory_rows.replace(handed_over(uow.people, command.person, command.to))
    for one in uow.delegations.of(command.person, command.person):
        uow.delegations.end(one.id, uow.now)
    event = HandedOver(f"person:{command.person}", command.person, command.to, len(instances), len(roles))
    said = f"已把{uow.people.called(command.person)}的 {len(instances)} 件流程和 {len(roles)} 个角色交给"
    return Done(f"{said}{uow.people.called(command.to)}。", (*events, event), {"instances": len(instances)})


def handed_over(people: Directory, person: str, to: str) -> Directory:
    """The directory with one person's places taken by another: roles, heads of departments, managers."""
    roles = {
        key: replace(one, people=tuple(dict.fromkeys(to if who == person else who for who in one.people)))
        for key, one in people.roles.items()
    }
    departments = {
        key: replace(one, head=to if one.head == person else one.head)
        for key, one in people.departments.items()
    }
    members = {
        key: replace(one, manager=_new_manager(people, one.id, person, to))
        for key, one in people.people.items()
    }
    return replace(people, people=members, departments=departments, roles=roles)


def _new_manager(people: Directory, member: str, person: str, to: str) -> str | None:
    """Nobody becomes their own manager: who takes over reports to the manager of the one who left."""
    manager = people.people[member].manager
    if manager != person:
        return manager
    return people.people[person].manager if member == to else to


# --- 委托 -------------------------------------------------------------------------------------------


def delegate(uow: UnitOfWork, command: Delegate) -> Done:
    """Give one's decisions to another for a time. Raises UserError."""
    if command.actor != command.person and not uow.people.holds(command.actor, "admin"):
        raise NotAllowed("只能委托自己的审批。")
    if not uow.people.active(command.to) or command.to == command.person:
        raise UserError("unknown_person", "没有找到被委托的人，或者此人已离职。")
    if not command.since < command.until or command.until <= uow.now:
        raise UserError("bad_period", "委托的结束时间要晚于开始时间和现在。")
    if command.until - command.since > LONGEST_DELEGATION:
        raise UserError("bad_period", "一次委托最多一年。")
    unknown = [one for one in command.flows if not uow.shelf.version("flow", one)]
    if unknown:
        raise UserError("unknown_flow", f"没有这个流程：{unknown[0]}。")
    row = Delegation(uow.ids(), command.person, command.to, command.flows, command.since, command.until)
    uow.delegations.add(row, uow.now)
    events: list[Event] = [_changed(row)]
    if command.open_too and row.since <= uow.now:
        for instance_id in uow.instances.of_owner(command.person):
            instance = load(uow, instance_id)
            if row.covers(instance.flow, uow.now) and instance.initiator != command.to:
                over = TakeOver(command.actor, instance_id, command.person, command.to, "委托", True)
                events += take_over(uow, over)
    until = command.until.astimezone(uow.now.tzinfo)
    said = f"已委托给{uow.people.called(command.to)}，到 {until:%m-%d %H:%M} 为止。"
    return Done(said, tuple(events), {"delegation_id": row.id})


def end_delegation(uow: UnitOfWork, command: EndDelegation) -> Done:
    """End it at once; what was asked of the deputy stays theirs."""
    row = uow.delegations.load(command.delegation_id)
    if row is None or (command.actor != row.person and not uow.people.holds(command.actor, "admin")):
        raise NotFound
    if not uow.delegations.end(row.id, uow.now):
        raise Conflict("这条委托已经结束了。")
    return Done("已结束委托。", (replace(_changed(row), ended=True),))


def _changed(row: Delegation) -> DelegationChanged:
    return DelegationChanged(
        f"person:{row.person}", row.id, row.person, row.to, row.flows, row.since, row.until
    )


# --- the working calendar ---------------------------------------------------------------------------


def set_workdays(uow: UnitOfWork, command: SetWorkdays) -> Done:
    """Override days and hours. Raises UserError naming what cannot be read."""
    meaning = {WORK: True, REST: False, "": None}
    try:
        days = {date.fromisoformat(day): meaning[kind] for day, kind in command.days.items()}
    except (ValueError, KeyError) as error:
        raise UserError("bad_day", "日期写成 2026-10-01，状态写 work、rest 或留空。") from error
    if command.shifts:
        try:
            read_shifts(command.shifts)
        except ValueError as error:
            raise UserError("bad_shift", "班次写成 09:00-12:00,13:00-18:00，不能重叠。") from error
        uow.calendars.set_shifts(command.shifts)
    uow.calendars.set_days(days)
    said = dict(command.days) | ({"shifts": command.shifts} if command.shifts else {})
    return Done(f"工作日历已更新 {len(said)} 处。", (WorkdaysChanged("calendar:", said),))
