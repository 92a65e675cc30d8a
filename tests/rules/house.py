"""What the stories of rules share: records through the door, the clock's rules, what was told to whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from core.commands import SYSTEM, CreateRecord, SweepRule, UpdateRecord
from core.forms.storage import Record
from core.service import Outcome
from tests.company import Company


def create(company: Company, form: str, by: str = "li", /, **values: Any) -> str:
    """A record; its id."""
    outcome = company.perform(CreateRecord(by, form, {key: plain(one) for key, one in values.items()}))
    assert outcome.ok, outcome
    return str(outcome.data["record_id"])


def plain(value: Any) -> Any:
    """As a page would send it."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def update(company: Company, form: str, record_id: str, /, **values: Any) -> Outcome:
    """Change a record as the system does."""
    record = load(company, form, record_id)
    given = {key: plain(one) for key, one in values.items()}
    return company.perform(UpdateRecord(SYSTEM, form, record_id, record.version, given))


def load(company: Company, form: str, record_id: str) -> Record:
    """A record as it is now."""
    found = company.read(lambda uow: uow.records.load(uow.shelf.form(form).form, record_id))
    assert found is not None
    return found


def records(company: Company, form: str) -> list[Record]:
    """All records of a form, oldest first, with their rows."""

    def question(uow: Any) -> list[Record]:
        found = uow.shelf.form(form).form
        page = uow.records.page(found, limit=1000)
        uow.records.with_rows(found, page)
        return page[::-1]

    return company.read(question)


async def tick(company: Company) -> int:
    """What the scheduler does each minute."""
    hits = await company.parts.scheduler.minute()
    await company.settle()
    return hits


async def sweep(company: Company, rule: str) -> int:
    """One rule now."""
    outcome = company.perform(SweepRule(SYSTEM, rule))
    assert outcome.ok, outcome
    await company.settle()
    return int(outcome.data["hits"])


def runs(company: Company, rule: str, outcome: str = "fired") -> list[Any]:
    """The log of a rule, oldest first."""
    return company.read(lambda uow: uow.runs.page(rule, outcome=outcome, limit=1000))[::-1]


def told(company: Company, person: str) -> list[str]:
    """Everything that was said to a person: cards and messages."""
    phone = company.phone(person)
    return [*(card.body for card in phone.cards), *phone.texts]
