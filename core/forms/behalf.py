"""代发起: who starts, when an administrator fills a form for somebody else. The audit names who really did it."""

from __future__ import annotations

from core.commands import SYSTEM
from core.errors import NotAllowed, UserError
from core.store.work import UnitOfWork


def may_start_for(uow: UnitOfWork, actor: str) -> bool:
    """Whether a person may start for others."""
    return actor == SYSTEM or uow.people.holds(actor, "admin")


def starter(uow: UnitOfWork, actor: str, on_behalf: str) -> str:
    """Who starts: the actor, or whom they do it for. Raises NotAllowed, UserError."""
    if not on_behalf or on_behalf == actor:
        return actor
    if not may_start_for(uow, actor):
        raise NotAllowed("只有系统管理员可以代别人发起。")
    if not uow.people.active(on_behalf):
        raise UserError("unknown_person", "没有找到要代发起的人，或者此人已离职。")
    return on_behalf
