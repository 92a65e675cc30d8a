"""常用意见: each person keeps their own; administrators keep those that everybody is offered."""

from __future__ import annotations

from core.acting import Done
from core.commands import KeepPhrases
from core.errors import Invalid, NotAllowed, Problem, UserError
from core.events import PhrasesKept
from core.store.phrases import COMPANY
from core.store.work import UnitOfWork

VERDICTS = ("approve", "reject", "return")
MOST, LONGEST = 20, 100


def keep_phrases(uow: UnitOfWork, command: KeepPhrases) -> Done:
    """Put a list in place of the one before. Raises Invalid, NotAllowed."""
    if command.verdict not in VERDICTS:
        raise UserError("unknown_verdict", "常用意见分同意、拒绝、退回三种。")
    if command.company and not uow.people.holds(command.actor, "admin"):
        raise NotAllowed("公司的常用意见由系统管理员维护。")
    texts = tuple(dict.fromkeys(one.strip() for one in command.texts if one.strip()))
    if len(texts) > MOST:
        raise Invalid((Problem("texts", f"常用意见最多 {MOST} 条。"),))
    if any(len(one) > LONGEST for one in texts):
        raise Invalid((Problem("texts", f"一条常用意见最多 {LONGEST} 个字。"),))
    person = COMPANY if command.company else command.actor
    uow.phrases.replace(person, command.verdict, texts)
    event = PhrasesKept(f"phrases:{person or 'company'}", person, command.verdict, texts)
    return Done("常用意见已保存。", (event,))
