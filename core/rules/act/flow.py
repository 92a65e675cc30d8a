"""flow: begin the flow of a record, or end the one that runs."""

from __future__ import annotations

from core.commands import Withdraw
from core.flows.actions import open_instance, start, withdraw
from core.rules.doing import Doing
from core.rules.thens import FlowAction


def do(doing: Doing, spec: FlowAction) -> None:
    """What is so already is left alone."""
    key, record = doing.target(spec.target)
    running = open_instance(doing.uow, record.id)
    if spec.do == "end":
        if running is None:
            doing.notes.append(f"{record.number} 没有在审批，不用终止")
            return
        comment = doing.fill(spec.comment) or f"规则「{doing.rule.title}」"
        doing.events += withdraw(doing.uow, Withdraw(running.initiator, running.id, comment)).events
        doing.notes.append(f"终止 {record.number} 的审批")
        return
    if running is not None:
        doing.notes.append(f"{record.number} 已在审批，不再发起")
        return
    _, events = start(doing.uow, doing.uow.shelf.form(key), record, doing.actor)
    doing.events += events
    doing.notes.append(f"发起 {record.number} 的审批" if events else f"{record.number} 的表单没有流程")
