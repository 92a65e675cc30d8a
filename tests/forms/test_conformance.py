"""Every type, right and wrong, through card, page, API and import: one verdict (Must show 1)."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import CreateRecord, ImportRows, OpenDraft, Publish, SubmitDraft
from core.forms.text import plain
from tests.company import Company
from tests.forms.everything import CARD, CASES, SUITE

Verdict = tuple[bool, Any]


@pytest.fixture
async def house(small: Company) -> Company:
    outcome = small.perform(Publish("zhao", SUITE))
    assert outcome.ok, outcome
    small.part = small.perform(CreateRecord("li", "part", {"name": "轴承"})).data["record_id"]
    return small


def kept(company: Company, record_id: str, key: str) -> Any:
    def ask(uow: Any) -> Any:
        form = uow.shelf.form("everything").form
        return plain(form.field(key), uow.records.load(form, record_id).values[key])

    return company.read(ask)


def api(company: Company, key: str, raw: Any) -> Verdict:
    outcome = company.perform(CreateRecord("li", "everything", {key: raw}))
    return outcome.ok, kept(company, outcome.data["record_id"], key) if outcome.ok else outcome.problems[0]


def page(company: Company, key: str, raw: Any) -> Verdict:
    draft = company.perform(OpenDraft("li", "everything")).data["draft_id"]
    outcome = company.perform(SubmitDraft("li", draft, {key: raw}))
    return outcome.ok, kept(company, outcome.data["record_id"], key) if outcome.ok else outcome.problems[0]


def sheet(company: Company, key: str, raw: Any) -> Verdict:
    outcome = company.perform(ImportRows("zhao", "everything", (("0", {key: raw}),)))
    _, state, number, problems = outcome.data["results"][0]
    if state == "failed":
        return False, problems[0]
    found = company.read(lambda uow: uow.records.find(uow.shelf.form("everything").form, number))
    return True, kept(company, found[0][0], key)


async def card(company: Company, key: str, raw: Any) -> Verdict:
    phone = company.phone("li")
    await phone.says("全部字段")
    typed = tuple(raw.split("、")) if key == "picks" else {"是": True, "否": False}.get(raw, raw)
    await phone.clicks("提交", **{key: typed})
    view = phone.card
    wrong = next((one.error for one in view.inputs if one.error), "")
    if wrong or view.note:
        return False, wrong or view.note
    listed = company.read(lambda uow: uow.records.page(uow.shelf.form("everything").form, limit=1))
    return True, kept(company, listed[0].id, key)


@pytest.mark.parametrize("key", sorted(CASES))
async def test_all_doors_say_the_same(house: Company, key: str):
    """同一个值，四个入口同一个结论。"""
    right, wrong = CASES[key]
    linked = {"=part": house.part}
    for raw, wanted in right:
        expected = linked.get(wanted, wanted) if isinstance(wanted, str) else wanted
        expected = [house.part] if wanted == ["=part"] else expected
        for door in (api, page, sheet):
            assert door(house, key, raw) == (True, expected), (door.__name__, raw)
        if (key in CARD and key != "picks") or (key == "picks" and raw == "其他"):
            assert await card(house, key, "other" if raw == "其他" else raw) == (True, expected), raw
    for raw in wrong:
        told = []
        for door in (api, page, sheet):
            ok, problem = door(house, key, raw)
            assert not ok, (door.__name__, raw)
            told.append(problem[1] if isinstance(problem, list) else problem.message)
        if key in CARD - {"flag", "picks"} and "\n" not in raw:
            ok, problem = await card(house, key, raw)
            assert not ok, raw
            told.append(problem)
        assert len(set(told)) == 1, told


async def test_an_unknown_field_is_refused_at_every_door(house: Company):
    """不认识的字段不会悄悄丢掉。"""
    for door in (api, page, sheet):
        assert door(house, "nothing", "x")[0] is False


async def test_files_are_checked_by_what_they_are(house: Company):
    """图片字段只收图片；一个附件字段只收一个。"""
    picture = house.upload("li")
    assert api(house, "pics", [picture["id"]])[0]
    assert not api(house, "files", [picture["id"], house.upload("li")["id"]])[0]
    assert not api(house, "pics", ["0" * 26])[0]
