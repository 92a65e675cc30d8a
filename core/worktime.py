"""The working calendar: which days are worked, in which hours, and when something that takes so long is due.

Days come from the package chinesecalendar (legal holidays and 调休 as published by the State Council, here 2004–2026);
where it knows nothing, Monday to Friday. The table `workday` overrides single days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

import chinese_calendar  # type: ignore[import-untyped]

WORK, REST = "work", "rest"
FARTHEST = 4000  # days; nothing is due later
Shift = tuple[time, time]
DAY_SHIFTS: tuple[Shift, ...] = ((time(9), time(12)), (time(13), time(18)))


def shipped(day: date) -> bool:
    """True when the package, or else the day of the week, says that the day is worked."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


@dataclass(frozen=True)
class WorkCalendar:
    """A company's calendar. `days`: overrides, True = worked; `shifts`: 班次, in order, within one day."""

    zone: tzinfo
    days: Mapping[date, bool] = field(default_factory=dict)
    shifts: Sequence[Shift] = DAY_SHIFTS

    def is_workday(self, day: date) -> bool:
        """True when the day is worked."""
        found = self.days.get(day)
        return shipped(day) if found is None else found

    def next_moment(self, start: datetime) -> datetime:
        """The start itself when it lies in a shift, else the beginning of the next shift."""
        local = start.astimezone(self.zone)
        for offset in range(FARTHEST):
            for begin, end in self._spans(local.date() + timedelta(days=offset)):
                if local < end:
                    return max(local, begin)
        return local

    def after_hours(self, start: datetime, hours: float) -> datetime:
        """The moment when so many working hours have passed."""
        left = timedelta(hours=hours)
        local = self.next_moment(start)
        for offset in range(FARTHEST):
            for begin, end in self._spans(local.date() + timedelta(days=offset)):
                room = end - max(begin, local)
                if room <= timedelta(0):
                    continue
                if left <= room:
                    return max(begin, local) + left
                left -= room
        return local + left

    def after_days(self, start: datetime, days: int) -> datetime:
        """The same time of day so many working days later; from outside the hours it counts from the next shift."""
        local = self.next_moment(start)
        for _ in range(FARTHEST):
            if days <= 0:
                break
            local += timedelta(days=1)
            if self.is_workday(local.date()):
                days -= 1
        return local

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_workday(day):
            return []
        return [
            (datetime.combine(day, begin, self.zone), datetime.combine(day, end, self.zone))
            for begin, end in self.shifts
        ]


def read_shifts(text: str) -> tuple[Shift, ...]:
    """`09:00-12:00,13:00-18:00` → shifts. Raises ValueError when they overlap or run backwards."""
    found: list[Shift] = []
    for part in text.replace("，", ",").split(","):
        begin, _, end = part.strip().partition("-")
        shift = (time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
        if shift[0] >= shift[1] or (found and shift[0] < found[-1][1]):
            raise ValueError(part)
        found.append(shift)
    return tuple(found)
