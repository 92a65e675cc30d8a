"""Administrators and flows: interventions with a second person, hand-over, 委托 of everybody, the working calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from admin.sessions import Browsers
from connect import flowbody
from connect.edge import Body, Deps, answer, ask, body, reading, word_of, wrong
from core.commands import (
    AnswerIntervention,
    AskIntervention,
    Command,
    HandOver,
    KeepPhrases,
    SetWorkdays,
)
from core.flows.administration import only_admin
from core.flows.calendarwatch import calendar_warning
from core.queries.delegations import delegations
from core.queries.handover import handover
from core.queries.phrases import company_phrases
from core.queries.records import iso
from core.store.access import Session
from core.store.flowrows import Intervention
from core.store.work import UnitOfWork
from core.workdays import csv_of, days_from_csv
from core.worktime import shipped

PREFIX = "/admin/api"
INTERVENE = ("action", "reason", "step", "task_id", "to")


class FlowOperations:
    """Endpoints around running flows."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.post(PREFIX + "/instances/{id}/intervene", guarded(self.intervene)),
            web.get(f"{PREFIX}/interventions", guarded(self.interventions)),
            web.post(PREFIX + "/interventions/{id}/answer", guarded(self.answer_intervention)),
            web.get(f"{PREFIX}/handover", guarded(self.preview)),
            web.post(f"{PREFIX}/handover", guarded(self.hand_over)),
            web.get(f"{PREFIX}/delegations", guarded(self.delegations)),
            web.get(f"{PREFIX}/calendar", guarded(self.calendar)),
            web.put(f"{PREFIX}/calendar", guarded(self.set_calendar)),
            web.get(f"{PREFIX}/calendar/csv", guarded(self.calendar_csv)),
            web.post(f"{PREFIX}/calendar/csv", guarded(self.read_calendar_csv)),
            web.get(f"{PREFIX}/phrases", guarded(self.phrases)),
            web.put(f"{PREFIX}/phrases", guarded(self.keep_phrases)),
        ]

    async def intervene(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Ask for an intervention; another administrator confirms."""
        sent = await body(request, *INTERVENE)
        texts = {name: sent.text(name, longest=500) for name in INTERVENE}
        return await self._do(AskIntervention(session.person, request.match_info["id"], **texts))

    async def interventions(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Those in a state (asked, done, refused), or all."""
        state = word_of(request, "state")

        def work(uow: UnitOfWork) -> list[dict[str, Any]]:
            return [_intervention(uow, one, session.person) for one in uow.interventions.list(state)]

        return answer({"interventions": await reading(self._deps, work)})

    async def answer_intervention(self, request: web.Request, session: Session) -> web.StreamResponse:
        """The second person's yes or no."""
        sent = await body(request, "yes", "reason")
        if not isinstance(sent.values.get("yes"), bool):
            raise wrong("yes", "yes 只能是 true 或 false。")
        return await self._do(
            AnswerIntervention(
                session.person,
                request.match_info["id"],
                sent.values["yes"],
                sent.text("reason", longest=500),
            )
        )

    async def preview(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What a hand-over of this person would move."""
        person = word_of(request, "person")
        return answer(await reading(self._deps, lambda uow: handover(uow, person)))

    async def hand_over(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Move it all."""
        sent = await body(request, "person", "to")
        person, to = (sent.text(name, required=True, longest=100) for name in ("person", "to"))
        return await self._do(HandOver(session.person, person, to))

    async def delegations(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """委托 of everybody."""
        return answer({"delegations": await reading(self._deps, delegations)})

    async def calendar(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The days of a year that are not as the week says, and the hours of a day."""
        year = _year(request)
        return answer(await reading(self._deps, lambda uow: _calendar(uow, year or uow.now.year)))

    async def set_calendar(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Override days and hours."""
        sent = await body(request, "days", "shifts")
        days = sent.mapping("days") if "days" in sent.values else {}
        flowbody.texts(Body({"days": list(days)}), "days", 400)
        return await self._do(SetWorkdays(session.person, days, sent.text("shifts", longest=200)))

    async def calendar_csv(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The days of a year that are not as the week says, for a spreadsheet."""
        year = _year(request)

        def work(uow: UnitOfWork) -> str:
            found = _calendar(uow, year or uow.now.year)
            return csv_of({one["day"]: one["worked"] for one in found["days"]})

        text = await reading(self._deps, work)
        headers = {
            "Content-Disposition": f'attachment; filename="workdays-{year or "now"}.csv"',
            "Cache-Control": "no-store",
        }
        return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)

    async def read_calendar_csv(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Days from a spreadsheet: all of them or none."""
        text = (await body(request, "csv")).text("csv", required=True, longest=40_000)

        def read(_uow: UnitOfWork) -> dict[str, str]:
            return days_from_csv(text)

        return await self._do(SetWorkdays(session.person, await reading(self._deps, read)))

    async def phrases(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """The company's 常用意见."""
        return answer({"phrases": await reading(self._deps, company_phrases)})

    async def keep_phrases(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Those of a verdict from now on."""
        sent = await body(request, "verdict", "texts")
        verdict = sent.text("verdict", required=True, longest=20)
        texts = flowbody.texts(sent, "texts", 20)
        return await self._do(KeepPhrases(session.person, verdict, texts, company=True))

    async def _do(self, command: Command) -> web.StreamResponse:
        outcome = await ask(self._deps, command)
        return answer({"message": outcome.message, **outcome.data})


def _year(request: web.Request) -> int:
    """The year that is asked for; 0 when none is."""
    text = word_of(request, "year")
    return int(text) if text.isdigit() and 2000 <= int(text) <= 2100 else 0


def _intervention(uow: UnitOfWork, one: Intervention, person: str) -> dict[str, Any]:
    """`answer`: what who looks may do: yes, alone (yes with the reason once more), or nothing but take it back."""
    instance = uow.instances.load(one.instance_id)
    mine = one.asked_by == person
    return {
        "answer": "alone" if mine and only_admin(uow.people) == person else "" if mine else "yes",
        "id": one.id,
        "instance_id": one.instance_id,
        "title": instance.title if instance else "",
        "action": one.action,
        "args": one.args,
        "reason": one.reason,
        "state": one.state,
        "asked_by": uow.people.called(one.asked_by),
        "asked_at": iso(one.asked_at),
        "answered_by": uow.people.called(one.answered_by) if one.answered_by else "",
        "answered_at": iso(one.answered_at),
    }


def _calendar(uow: UnitOfWork, year: int) -> dict[str, Any]:
    calendar, day, days = uow.calendar, date(year, 1, 1), []
    while day.year == year:
        worked, own = calendar.is_workday(day), day in calendar.days
        if own or worked != (day.weekday() < 5):
            days.append({"day": day.isoformat(), "worked": worked, "own": own, "shipped": shipped(day)})
        day += timedelta(days=1)
    shifts = [f"{begin:%H:%M}-{end:%H:%M}" for begin, end in calendar.shifts]
    return {"year": year, "days": days, "shifts": shifts, "warning": calendar_warning(uow)}
