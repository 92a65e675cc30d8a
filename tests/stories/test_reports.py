"""Numbers of a report: in the order of the options, as far as a person may see. Each test on both databases."""

from __future__ import annotations

from core.commands import CreateRecord
from core.queries.reports import chart_data
from tests.company import Company


def claim(company: Company, by: str, **amounts: str) -> None:
    """A claim with a line for each kind."""
    rows = [{"spent_on": "2026-11-20", "kind": kind, "amount": amount} for kind, amount in amounts.items()]
    assert company.perform(CreateRecord(by, "expense_claim", {"reason": "出差", "items": rows})).ok


async def test_categories_stand_as_the_form_lists_them(company: Company):
    """类别按表单里选项的顺序：交通、住宿、餐饮、其他；两种数据库一样。"""
    claim(company, "li", 其他="1", 餐饮="2.50", 住宿="3", 交通="4")
    claim(company, "li", 餐饮="0.50", 交通="6")
    _, data = company.read(lambda uow: chart_data(uow, "expense_by_kind", "li"))
    assert data.categories == ("交通", "住宿", "餐饮", "其他")
    assert [str(one) for one in data.series[0].values] == ["10.00", "3.00", "3.00", "1.00"]


async def test_everybody_sees_the_numbers_of_what_they_may_see(company: Company):
    """小吴看自己的，王经理看销售部的，赵总看全公司的。"""
    claim(company, "li", 交通="10")
    claim(company, "wu", 交通="5")
    totals = {}
    for person in ("wu", "wang", "zhao"):
        _, data = company.read(lambda uow, who=person: chart_data(uow, "expense_by_kind", who))
        totals[person] = sum(data.series[0].values)
    assert totals == {"wu": 5, "wang": 10, "zhao": 15}
