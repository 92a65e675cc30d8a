"""Cards come right after answers got lost and processes died. Found by `make crash`, told here one by one."""

from __future__ import annotations

from typing import Any

from bot.adapters.base import PlatformError
from core.commands import CreateRecord, Decide
from core.store.outbox import SentCard
from tests.company import Company

LOST = PlatformError("没有应答", ambiguous=True)


async def decided_before_the_retry(company: Company) -> None:
    """王经理's card arrived but its answer got lost; he decided elsewhere before the next try."""
    company.wecom.lost.append(LOST)
    await company.submit_claim()
    assert company.phone("wang").card.buttons
    task = company.open_tasks("wang")[0]
    assert company.perform(Decide("wang", task, "approve")).ok
    company.clock.forward(seconds=10)
    await company.settle()


async def test_a_card_that_was_sent_twice_shows_the_state_of_the_second_try(company: Company):
    """卡片送到了但应答丢了：重发时状态已变，卡片必须显示新的状态。"""
    await decided_before_the_retry(company)

    wang = company.phone("wang")
    assert len(wang.cards) == 1
    assert wang.card.buttons == ()
    assert "已由王经理" in wang.card.note


async def test_a_card_without_a_code_is_replaced_and_the_old_one_is_harmless(company: Company):
    """企业微信丢了更新凭证：发一张新卡片；旧卡片点了没有效果，并变成新的状态。"""

    async def gone(*_: Any) -> Any:
        raise PlatformError("没有凭证", gone=True)

    company.wecom.update = gone  # type: ignore[method-assign]
    await decided_before_the_retry(company)

    wang = company.phone("wang")
    old, new = wang.cards
    assert old.buttons
    assert new.buttons == ()
    first = next(iter(company.wecom.cards(wang.userid)))
    await wang.clicks("拒绝", on=first)
    assert "已由王经理" in wang.cards[0].note


async def test_what_a_dead_process_had_under_way_goes_out_at_the_next_start(small: Company):
    """进程被杀时正在发送的卡片：下次启动立刻接着发，不等租约到期。"""
    outcome = small.perform(_claim())
    assert outcome.ok
    small.parts.store.submit(lambda uow: uow.outbox.claim("dead-process", uow.now, 10)).result()
    await small.settle()
    assert small.phone("wang").cards == []

    await small.parts.delivery.reconcile()
    await small.settle()
    assert small.phone("wang").card.buttons


async def test_an_update_that_ends_after_a_press_does_not_hide_the_press(company: Company):
    """更新与点击同时在路上：谁后到不知道，点击的结果再发一次。"""
    instance = await company.submit_claim()
    card = company.read(lambda uow: uow.cards.of_subject(("instance", instance), "li")[0])

    def race(uow: Any) -> tuple[int, int]:
        newer = uow.cards.want(uow.ids(), ("instance", instance), "li", card.platform, uow.now)
        uow.cards.shown(card.id, newer.wanted_version)
        uow.cards.sent(card.id, SentCard(card.external_id, 0, "", None, True), card.wanted_version)
        updated = uow.cards.by_id(card.id).shown_version
        uow.cards.shown(card.id, newer.wanted_version)
        uow.cards.sent(card.id, SentCard(card.external_id, 0, "code", None, False), card.wanted_version)
        found = uow.cards.by_id(card.id)
        assert found.update_code == "code"
        return updated - card.wanted_version, found.shown_version - card.wanted_version

    assert company.parts.store.submit(race).result() == (0, 1)


def _claim() -> Any:
    row = {"spent_on": "2026-11-20", "kind": "交通", "amount": "86.50"}
    return CreateRecord("li", "expense_claim", {"reason": "打车", "items": [row]})
