"""Illegal approvals on cards: none succeeds, each is answered with a sentence, each leaves an audit row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.cards import Answer, Card, Click, Text
from core.commands import Delegate, Transfer
from core.store.work import UnitOfWork
from tests.company import Company, count

CLAIMS = 30
REFUSALS = "SELECT count(*) FROM audit WHERE action = 'CommandRefused'"


class Burglar:
    """Presses what must not be pressed."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.tried = 0

    async def presses(self, platform: str, userid: str, card: str, button: str, token: str) -> str:
        """One illegal press; what the burglar is told."""
        before = self.company.read(lambda uow: (count(uow, REFUSALS), states(uow)))
        self.tried += 1
        click = Click(platform, userid, card, button, f"illegal-{self.tried}", token)
        answer = await self.company.router.receive(click)
        after = self.company.read(lambda uow: (count(uow, REFUSALS), states(uow)))
        assert after[1] == before[1], f"{button} by {userid} succeeded"
        assert after[0] == before[0] + 1, f"{button} by {userid} left no trace"
        said = words_of(answer)
        assert said, "no answer"
        return said


def states(uow: UnitOfWork) -> list[tuple[str, str, int]]:
    """Every instance's state and version."""
    return [(row["id"], row["state"], row["version"]) for row in uow.instances.page(limit=500)]


def words_of(answer: Answer) -> str:
    """What the answer says."""
    shown = answer.message
    return shown.text if isinstance(shown, Text) else shown.note if isinstance(shown, Card) else ""


def buttons() -> Iterator[str]:
    """All presses that decide."""
    while True:
        yield from ("approve", "confirm_reject", "confirm_return")


async def test_no_illegal_press_succeeds(small: Company):
    """别人的卡片、陌生人、伪造或过期的按钮、处理完的待办、范围外的委托：210 次，一次都不成。"""
    burglar, kinds = Burglar(small), buttons()
    day = timedelta(days=1)
    since = small.clock.now - day
    outside = Delegate("wang", "wang", "liu", since, since + 9 * day, ("payment_approval",))
    assert small.perform(outside).ok
    for _ in range(CLAIMS):
        await small.submit_claim()
        wang = small.phone("wang")
        card, token = wang.newest, wang.card.token
        own = (wang.console.name, wang.userid)
        for platform, userid in (("dingtalk", "liming"), ("dingtalk", "liujianguo"), ("dingtalk", "nobody")):
            said = await burglar.presses(platform, userid, card, next(kinds), token)
            assert "别人" in said or "失效" in said or "通讯录" in said
        forged = token[:-4] + ("aaaa" if not token.endswith("aaaa") else "bbbb")
        assert "无法核对" in await burglar.presses(*own, card, next(kinds), forged)
        assert "无法核对" in await burglar.presses(*own, card, next(kinds), "")
        task = small.open_tasks("wang")[-1]
        assert small.perform(Transfer("wang", task, "chen")).ok
        await small.settle()
        assert "转交" in await burglar.presses(*own, card, next(kinds), token)
        chen = small.phone("chen")
        theirs, proof = chen.newest, chen.card.token
        await chen.clicks("同意")
        assert "已由陈主管" in await burglar.presses("wecom", "ChenJing", theirs, next(kinds), proof)
    assert burglar.tried == CLAIMS * 7
