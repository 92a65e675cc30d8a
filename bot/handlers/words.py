"""Typed words: the title of a form (perhaps with what to fill in), 待办, 进度, 图表, 帮助."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from bot import views
from bot.cards import Answer, Card, Click, Said, Text
from bot.desk import Desk, delivery_of
from bot.handlers import rules
from bot.handlers.forms import open_filled, open_form
from core.commands import AskPicture, Delegate, EndDelegation
from core.forms.definition import Form
from core.people import Person
from core.queries.buttons import rule_for
from core.queries.delegations import delegations
from core.queries.inbox import my_instances, my_tasks
from core.queries.linkage import drafts as open_drafts
from core.queries.quick import filled, form_called
from core.reports.definition import Report
from core.store.inbox import Delivery
from core.store.work import UnitOfWork

HELP = ("帮助", "help", "菜单", "?", "？")
TO_DO = ("待办", "我的待办")
DRAFTS = ("草稿", "我的草稿")


async def said(desk: Desk, person: Person, message: Said) -> Answer:
    """What a message asks for; a hint when it is not understood."""
    text = re.sub(r"\s+", " ", message.text).strip()
    if not text or text.lower() in HELP:
        return Answer(await menu(desk, person))
    if text in TO_DO:
        return await todo(desk, person)
    if text in DRAFTS:
        return await drafts(desk, person, message)
    head, _, rest = text.partition(" ")
    if head == "进度":
        return await progress(desk, person, rest)
    if head == "委托":
        return await delegate(desk, person, message, rest)
    if head == "图表":
        return await chart_word(desk, person, message, rest)
    return await _form_or_rule(desk, person, message, text)


async def _form_or_rule(desk: Desk, person: Person, message: Said, text: str) -> Answer:
    """A form's name, alone or with what to fill in; or the word of a button with a number."""
    form = await desk.read(lambda uow: form_called(uow, text))
    if form is not None:
        return await open_form(desk, person, form.key, message.platform, delivery_of(message))
    quick = await desk.read(lambda uow: filled(uow, person.id, text))
    if quick is not None:
        return await open_filled(desk, person, quick, message)
    head, _, rest = text.partition(" ")
    rule = await desk.read(lambda uow: rule_for(uow, person.id, head))
    if rule:
        return await rules.by_word(desk, person, message, rule, rest)
    return Answer(Text(f"没有听懂「{text[:30]}」。输入「帮助」看看可以做什么。"))


async def menu(desk: Desk, person: Person) -> Card:
    """What can be said; the forms that this person used last come first, then those that others use most."""

    def question(uow: UnitOfWork) -> Card:
        shown = [one for one in uow.shelf.all("form") if isinstance(one, Form) and not one.hidden]
        used = {key: place for place, key in enumerate(uow.instances.used_forms(person.id))}
        shown.sort(key=lambda one: (used.get(one.key, len(used)), one.key))
        forms = [(one.key, one.title, one.words[0] if one.words else "") for one in shown]
        reports = [(one.key, one.title) for one in uow.shelf.all("report") if isinstance(one, Report)]
        return views.menu_card(forms, reports)

    return await desk.read(question)


async def todo(desk: Desk, person: Person) -> Answer:
    """A person's open tasks."""

    def question(uow: UnitOfWork) -> Card:
        cards = [
            card
            for task, _ in uow.instances.open_tasks(person.id, limit=1)
            for card in uow.cards.of_subject(("task", task.id), person.id)
        ]
        link = f"{desk.link(cards[0])}?page=todo" if cards else ""
        return views.todo_card(my_tasks(uow, person.id), link)

    return Answer(await desk.read(question))


async def resend(desk: Desk, person: Person) -> Answer:
    """The cards of all open tasks, once more at the end of the chat."""

    def work(uow: UnitOfWork) -> int:
        cards = [
            card
            for task, _ in uow.instances.open_tasks(person.id, limit=10)
            for card in uow.cards.of_subject(("task", task.id), person.id)
        ]
        for card in cards:
            uow.cards.renew(card)
            uow.outbox.put_card(uow.ids(), uow.cards.bump(card), 0, uow.now, uow.now)
        return len(cards)

    count = await asyncio.wrap_future(desk.service.store.submit(work))
    desk.service.wake()
    return Answer(Text(f"已重新发送 {count} 张卡片。" if count else "没有待办卡片。"))


async def drafts(desk: Desk, person: Person, message: Said) -> Answer:
    """Open drafts; the newest one's card comes to where the person is writing now."""
    rows = await desk.read(lambda uow: open_drafts(uow, person.id))
    if rows:
        newest = rows[0]["id"]

        def work(uow: UnitOfWork) -> None:
            for card in uow.cards.of_subject(("draft", newest), person.id):
                if card.platform == message.platform:
                    uow.cards.renew(card)
            card = uow.cards.want(uow.ids(), ("draft", newest), person.id, message.platform, uow.now)
            uow.outbox.put_card(uow.ids(), card, 0, uow.now, uow.now)

        await asyncio.wrap_future(desk.service.store.submit(work))
        desk.service.wake()
    shown = [
        (one["title"], f"{one['saved_at'][:16].replace('T', ' ')}，已填 {one['filled']} 项") for one in rows
    ]
    return Answer(views.list_card("没有交的草稿", shown, "没有草稿。"))


async def progress(desk: Desk, person: Person, text: str) -> Answer:
    """Where one's own records stand; with a number, that one."""
    rows = await desk.read(lambda uow: my_instances(uow, person.id, text.strip()))
    return Answer(views.list_card("我发起的单据", rows, "没有找到。"))


async def delegate(desk: Desk, person: Person, message: Said, text: str) -> Answer:
    """委托 陈主管 3: give one's approvals away for some days from now; 委托 结束: take them back; alone: what holds."""
    if text.strip() in ("结束", "取消"):
        return await _end_delegations(desk, person, message)
    found = re.fullmatch(r"(\S+?)\s*(?:(\d{1,3})\s*天?)?", text.strip())
    if found is None:
        rows = await desk.read(lambda uow: delegations(uow, person.id))
        shown = [
            (f"{one['person']['name']} → {one['to']['name']}", f"到 {one['until'][:10]}")
            for one in rows
            if one["state"] != "over"
        ]
        empty = "没有委托。请假时说「委托 姓名 天数」，例如：委托 陈主管 3天。"
        return Answer(views.list_card("委托", shown, empty))
    people = await desk.read(lambda uow: uow.people.find(found[1]))
    if len(people) != 1:
        return Answer(Text(f"没有找到（或不止一位）「{found[1][:20]}」。"))
    now = desk.service.store.house.clock()
    until = now + timedelta(days=int(found[2] or 1))
    command = Delegate(person.id, person.id, people[0].id, now, until, open_too=True)
    return Answer(Text((await desk.perform(command, delivery_of(message))).message))


async def _end_delegations(desk: Desk, person: Person, message: Said) -> Answer:
    rows = await desk.read(lambda uow: delegations(uow, person.id))
    own = [one["id"] for one in rows if one["state"] != "over" and one["person"]["id"] == person.id]
    for id_ in own:
        await desk.perform(
            EndDelegation(person.id, id_), Delivery(message.platform, f"{message.delivery}/{id_}")
        )
    return Answer(Text(f"已结束 {len(own)} 条委托。" if own else "没有进行中的委托。"))


async def chart_word(desk: Desk, person: Person, message: Said, text: str) -> Answer:
    """图表 费用: the picture of the report whose title or word this is."""
    wanted = text.strip()

    def question(uow: UnitOfWork) -> tuple[str, list[tuple[str, str]]]:
        reports = [one for one in uow.shelf.all("report") if isinstance(one, Report)]
        exact = [one for one in reports if wanted and (wanted in one.words or wanted in (one.title, one.key))]
        near = [one for one in reports if wanted and wanted in one.title]
        found = exact or (near if len(near) == 1 else [])
        return (found[0].key if found else ""), [(one.key, one.title) for one in reports]

    key, reports = await desk.read(question)
    if not key:
        return Answer(views.charts_card(reports))
    return await picture(desk, person, message, key)


async def picture(desk: Desk, person: Person, message: Said | Click, report: str) -> Answer:
    """Queue a report's chart."""
    outcome = await desk.perform(AskPicture(person.id, report, message.platform), delivery_of(message))
    return Answer(None if outcome.ok else Text(outcome.message))
