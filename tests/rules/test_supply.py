"""Rules 11, 12 and 16: the stock examples, over a year of demand."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal

from tests.company import SHANGHAI, Company
from tests.rules.house import create, load, records, runs, tick, told, update


def move(company: Company, item: str, direction: str, qty: int, cost: str = "0") -> None:
    """One stock movement."""
    create(company, "stock_move", "wu", item=item, direction=direction, qty=str(qty), cost=cost)


def requests_of(company: Company) -> list[tuple[str, Decimal]]:
    """(state, quantity) of every purchase request."""
    found = records(company, "purchase_request")
    return [(one.values["phase"], one.values["lines"][0]["qty"]) for one in found]


async def test_one_dip_is_one_request(company: Company):
    """跌破安全线提一张申请，数量补到最高；没处理完再跌不再提；转订单后在途也算；恢复后再跌再提。"""
    item = create(company, "material", name="轴承", safety="20", most="100", buyer="liu")
    move(company, item, "入", 30)
    move(company, item, "出", 10)
    assert requests_of(company) == []
    move(company, item, "出", 1)
    assert requests_of(company) == [("待采购", Decimal(81))]
    move(company, item, "出", 9)
    assert len(requests_of(company)) == 1
    request = records(company, "purchase_request")[0]
    origin = company.read(lambda uow: uow.runs.origins(request.id))[0]
    assert (origin.rule, origin.version, origin.what, origin.event) == ("reorder", 1, "created", "crossing:1")
    assert (origin.facts["数值"], origin.facts["阈值"], origin.facts["现存"]) == ("19", "20", "19")
    assert "轴承 可用 19（现存 19、在途 0）低于安全库存 20，补到 100" in request.values["why"]
    order = create(company, "purchase_order", item=item, qty="81")
    assert update(company, "purchase_request", request.id, phase="已下单").ok
    move(company, item, "入", 81)
    assert update(company, "purchase_order", order, phase="已到货").ok
    move(company, item, "出", 71)
    assert len(requests_of(company)) == 1
    move(company, item, "出", 2)
    assert requests_of(company)[1:] == [("待采购", Decimal(82))]
    second = records(company, "purchase_request")[1].id
    assert company.read(lambda uow: uow.runs.origins(second))[0].event == "crossing:2"


async def test_a_year_of_demand(small: Company):
    """365 天需求：每次跌破一张申请，数量扣掉申请中和在途，有未完申请时不提，每张都有出处。"""
    item = create(small, "material", name="电机", safety="40", most="160", buyer="liu")
    demand = random.Random(7)
    on_hand, requested, transit, arrivals, expected = 160, 0, 0, [], []
    move(small, item, "入", 160)
    for day in range(365):
        small.clock.forward(days=1)
        for _due, request_id, qty, stage in [one for one in arrivals if one[0] == day]:
            if stage == "order":
                order = create(small, "purchase_order", item=item, qty=str(qty))
                assert update(small, "purchase_request", request_id, phase="已下单").ok
                requested, transit = requested - qty, transit + qty
                arrivals.append((day + 6, order, qty, "arrive"))
            else:
                move(small, item, "入", qty)
                assert update(small, "purchase_order", request_id, phase="已到货").ok
                on_hand, transit = on_hand + qty, transit - qty
        used = min(demand.choice((0, 3, 5, 9, 14)), on_hand)
        if used:
            move(small, item, "出", used)
        on_hand -= used
        position = on_hand + requested + transit
        found = records(small, "purchase_request")
        if position < 40 and requested == 0:
            expected.append(160 - position)
            assert len(found) == len(expected), day
            assert found[-1].values["lines"][0]["qty"] == 160 - position
            requested += 160 - position
            arrivals.append((day + 2, found[-1].id, 160 - position, "order"))
        assert len(found) == len(expected), day
    assert len(expected) >= 10
    made = records(small, "purchase_request")
    assert all(small.read(lambda uow, one=one: uow.runs.origins(one.id)) for one in made)
    assert [int(one.values["lines"][0]["qty"]) for one in made] == expected
    assert not small.read(
        lambda uow: uow.ledger.verify(uow.shelf.book.aggregates["stock"], uow.shelf.find_form)
    )


async def test_more_than_the_most_is_slow_moving(company: Company):
    """高于最高库存写入呆滞清单，一种物料一行；没有高于的不写。"""
    item = create(company, "material", name="轴承", safety="1", most="50")
    calm = create(company, "material", name="垫片", safety="1", most="5000")
    move(company, item, "入", 50)
    move(company, calm, "入", 500)
    assert records(company, "slow_moving") == []
    move(company, item, "入", 7)
    move(company, item, "出", 20)
    move(company, item, "入", 30)
    found = records(company, "slow_moving")
    assert [(one.values["item"], one.values["qty"]) for one in found] == [(item, Decimal(67))]
    assert len(runs(company, "overstock")) == 2


async def test_a_changed_safety_line_counts_too(small: Company):
    """把安全库存调高，库存没动也算跌破。"""
    item = create(small, "material", name="轴承", safety="20", most="100", buyer="liu")
    move(small, item, "入", 30)
    assert requests_of(small) == []
    assert update(small, "material", item, safety="35").ok
    assert requests_of(small) == [("待采购", Decimal(70))]


async def test_a_certificate_that_runs_out(small: Company):
    """到期前 30 天提醒采购员一次；没写到期日的不提醒。"""
    create(small, "supplier", name="甲厂", certified_until=date(2027, 1, 10), buyer="liu")
    create(small, "supplier", name="乙厂", buyer="liu")
    small.clock.now = datetime(2026, 12, 10, 9, 1, tzinfo=SHANGHAI)
    await tick(small)
    assert runs(small, "supplier_certificate") == []
    small.clock.now = datetime(2026, 12, 11, 9, 1, tzinfo=SHANGHAI)
    await tick(small)
    await tick(small)
    assert len(runs(small, "supplier_certificate")) == 1
    assert told(small, "liu") == ["供应商「甲厂」的资质 2027-01-10 到期，请索取新证"]
    assert load(small, "supplier", runs(small, "supplier_certificate")[0].record_id).title == "甲厂"
