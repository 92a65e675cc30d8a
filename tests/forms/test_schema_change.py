"""A form changes while people submit: nothing lost, nobody waits (Must show 6; the large one with ZHONGSHU_LARGE=1)."""

from __future__ import annotations

import asyncio
import os
import time

from sqlalchemy import insert

from core.clock import TimeSortedIds
from core.commands import SYSTEM, CreateRecord, Publish, ReplaceDirectory, RollBack, StepBackfill
from core.companies import read_company
from core.forms.migrating import previews
from core.forms.tables import missing_indexes, tables_of
from core.publishing import Finding, review, used_in
from core.service import Service
from core.store.work import House, Store
from tests.company import SHANGHAI, SUITES, Company, SetClock, fresh_postgresql

PEOPLE = SUITES / "company" / "people.yaml"
LARGE = os.environ.get("ZHONGSHU_LARGE") == "1"
RECORDS = 100_000 if LARGE else 2_000


def text(*fields: str, title: str = "订单") -> str:
    return "\n".join(
        ["form: so", f"title: {title}", "number: S-{seq:6}", "fields:", *(f"  - {{{one}}}" for one in fields)]
    )


NAME = "key: name, label: 名称, type: text"
QTY = "key: qty, label: 数量, type: text"
CHANGES = [
    text(NAME, QTY, "key: a1, label: 备注, type: text"),
    text("key: name, label: 客户名称, type: text", QTY, "key: a1, label: 备注, type: text"),
    text(NAME, QTY, "key: a1, label: 备注, type: text", "key: b1, label: 金额, type: money"),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", "key: b1, label: 金额, type: money"),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", "key: c1, label: 日期, type: date"),
    text(
        NAME,
        "key: amount, label: 数量, type: number, from: qty",
        "key: d1, label: 级别, type: select, options: [A, B]",
    ),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", "key: e1, label: 人, type: member"),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", "key: f1, label: 地址, type: address"),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", "key: g1, label: 区间, type: date_range"),
    text(NAME, "key: amount, label: 数量, type: number, from: qty", title="销售订单"),
]


def seeded(company: Company) -> None:
    """Records straight into the table, as history brought them: every 50th quantity is no number."""
    ids = TimeSortedIds()

    def work(uow: object) -> None:
        form = uow.shelf.form("so").form  # type: ignore[attr-defined]
        now = uow.now  # type: ignore[attr-defined]
        common = {"version": 1, "state": "saved", "form_version": 1, "created_at": now, "created_by": "li"}
        common |= {"updated_at": now, "updated_by": "li", "title": "x"}
        rows = [
            {
                **common,
                "id": ids(),
                "number": f"H-{n}",
                "name": f"客户{n}",
                "qty": "很多" if n % 50 == 0 else f"{n}.5",
            }
            for n in range(RECORDS)
        ]
        for start in range(0, RECORDS, 10_000):
            uow.connection.execute(insert(tables_of(form).main), rows[start : start + 10_000])  # type: ignore[attr-defined]

    company.store.submit(work).result()


async def test_ten_changes_while_twenty_people_submit(company: Company):
    """改十次表单，二十个人同时提交：没有错误，没有人等 1 秒，没有丢值。"""
    assert company.perform(Publish("zhao", text(NAME, QTY))).ok
    await asyncio.to_thread(seeded, company)
    waits: list[float] = []
    wrong: list[object] = []
    stop = asyncio.Event()

    async def person(n: int) -> int:
        count = 0
        while not stop.is_set():
            start = time.perf_counter()
            outcome = await asyncio.wrap_future(
                company.parts.service.submit(CreateRecord("li", "so", {"name": f"新{n}-{count}"}))
            )
            waits.append(time.perf_counter() - start)
            wrong.extend([] if outcome.ok else [outcome])
            count += 1
            await asyncio.sleep(0.05)
        return count

    people = [asyncio.create_task(person(n)) for n in range(20)]
    for change in CHANGES:
        outcome = await asyncio.wrap_future(company.parts.service.submit(Publish("zhao", change)))
        assert outcome.ok, outcome
        await asyncio.sleep(0.1)
    left = True
    while left:
        done = await asyncio.wrap_future(company.parts.service.submit(StepBackfill(SYSTEM)))
        left = done.data["left"]
        await asyncio.sleep(0)
    stop.set()
    made = sum(await asyncio.gather(*people))
    print(f"submitted {made}, longest wait {max(waits) * 1000:.0f} ms, {RECORDS} records")
    assert wrong == []
    assert max(waits) < 1.0

    def proof(uow: object) -> tuple[int, int, int]:
        form = uow.shelf.form("so").form  # type: ignore[attr-defined]
        main = tables_of(form).main
        records = uow.records  # type: ignore[attr-defined]
        backfill = uow.life.backfills("so")[0]  # type: ignore[attr-defined]
        return records.count(form), records.count(form, [main.c.amount.is_not(None)]), backfill.failed

    total, filled, failed = company.read(proof)
    assert (total, filled, failed) == (RECORDS + made, RECORDS - RECORDS // 50, RECORDS // 50)


async def test_what_would_fail_is_told_before_and_what_uses_a_field_too(small: Company):
    """改类型前先看哪些换不过去；删字段前说谁在用；回滚是一个新版本，值还在。"""
    assert small.perform(Publish("zhao", text(NAME, QTY))).ok
    for qty in ("3", "很多", "4.5"):
        assert small.perform(CreateRecord("li", "so", {"name": "a", "qty": qty})).ok

    def preview(uow: object) -> object:
        found = review(uow, CHANGES[3])  # type: ignore[arg-type]
        assert not found.mistakes
        return next(previews(uow, found.parsed[0].model, Finding(uow, found.parsed)))  # type: ignore[arg-type]

    seen = small.read(preview)
    assert (seen.total, seen.ok, seen.failed, seen.samples[0][:2]) == (3, 2, 1, ["S-000002", "很多"])
    direct = small.perform(Publish("zhao", text(NAME, "key: qty, label: 数量, type: number")))
    assert "from: qty" in direct.problems[0].message
    report = "report: by_qty\ntitle: 数量\nsource: so\nmeasures: [{count: true, label: 数}]\nby: [数量]\nchart: bar\n"
    assert small.perform(Publish("zhao", report)).ok
    said = small.perform(Publish("zhao", text(NAME))).problems[0].message
    assert said == "「数量」还用在报表「数量」的分组「数量」，请先改好那里，再去掉"
    assert small.read(lambda uow: used_in(uow, "so", "qty"))[0][0].said() == "报表「数量」的分组「数量」"
    assert small.perform(Publish("zhao", text(NAME, QTY, "key: z1, label: 新, type: text"))).ok
    back = small.perform(RollBack("zhao", "form", "so", 1))
    assert back.ok and back.data["version"] == 3


async def test_removing_a_used_field_says_every_place_at_once(small: Company):
    """去掉「合计」：标题规则、公式、必填条件、流程分支，一次说全；改名也一样；子表的列也查得到。"""
    whole = (SUITES / "office" / "expense.yaml").read_text()
    form = whole.split("\n---")[0]
    without = "\n".join(line for line in form.split("\n") if "key: total," not in line)
    told = " ".join(one.message for one in small.perform(Publish("zhao", without)).problems)
    for place in ("标题规则", "字段「大写」的公式", "字段「发票」的必填条件", "分支「大额」的条件"):
        assert f"{place}，请先改好那里，再去掉" in told, (place, told)
    renamed = small.perform(Publish("zhao", form.replace("label: 合计", "label: 总额"))).problems[0].message
    assert renamed.endswith("再改名为「总额」")
    places = [use.said() for use, _ in small.read(lambda uow: used_in(uow, "expense_claim", "items.amount"))]
    assert "报表「费用按类别」的指标「金额」" in places
    assert small.read(lambda uow: used_in(uow, "expense_claim", "paid_by")) == []


def test_on_postgresql_an_index_is_made_beside_the_work(postgresql: str):
    """PostgreSQL：已有数据的表新加唯一字段，发布时不建索引（不挡人），随后并发建好；半截的索引重建。"""
    url = fresh_postgresql(postgresql, f"index{os.getpid()}")
    store = Store.open(url, House(SetClock(), TimeSortedIds(), SHANGHAI))
    service = Service(store)
    try:
        assert service.perform(Publish(SYSTEM, text(NAME))).ok
        assert service.perform(
            Publish(SYSTEM, text(NAME, "key: code, label: 编码, type: text, unique: true"))
        ).ok

        def missing(uow: object) -> list[tuple[str, str]]:
            main = tables_of(uow.shelf.form("so").form).main  # type: ignore[attr-defined]
            return missing_indexes(uow.connection, main)  # type: ignore[attr-defined]

        with store.read() as uow:
            assert [column for _, column in missing(uow)] == ["code"]
        assert (store.make_indexes(), store.make_indexes()) == (1, 0)
        with store.read() as uow:
            assert missing(uow) == []
    finally:
        store.close()


def test_a_form_gives_way_to_a_long_read(postgresql: str):
    """PostgreSQL：有人正在读整张表时发布新字段，别人照样保存，读完就发布成功。"""
    url = fresh_postgresql(postgresql, f"gives{os.getpid()}")
    store = Store.open(url, House(SetClock(), TimeSortedIds(), SHANGHAI))
    service = Service(store)
    try:
        assert service.perform(ReplaceDirectory(SYSTEM, read_company(PEOPLE.read_text()))).ok
        assert service.perform(Publish(SYSTEM, text(NAME))).ok
        with store.read() as uow:
            uow.records.count(uow.shelf.form("so").form)
            waiting = service.submit(Publish(SYSTEM, text(NAME, "key: x1, label: 新, type: text")))
            time.sleep(0.3)
            began = time.perf_counter()
            assert service.perform(CreateRecord("li", "so", {"name": "a"})).ok
            assert time.perf_counter() - began < 1.0
            assert not waiting.done()
        assert waiting.result(10).ok
    finally:
        store.close()
