"""Cron texts of five parts: minute hour day-of-month month day-of-week. Pure; times stand in the business zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_PARTS = ("分", "时", "日", "月", "星期")
_DAYS = ("周日", "周一", "周二", "周三", "周四", "周五", "周六")
LOOK_BACK = timedelta(days=40)


@dataclass(frozen=True)
class Cron:
    """One schedule: the minutes, hours … at which it strikes."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Raises ValueError with a Chinese sentence."""
        return _parse(" ".join(text.split()))

    def strikes(self, at: datetime) -> bool:
        """Whether it strikes in this minute."""
        weekday = at.isoweekday() % 7
        day, week = at.day in self.days, weekday in self.weekdays
        good = (day or week) if not self.any_day and not self.any_weekday else (day and week)
        return good and at.month in self.months and at.hour in self.hours and at.minute in self.minutes

    def last(self, now: datetime, after: datetime) -> datetime | None:
        """The newest strike at or before `now` and later than `after`; at most 40 days are looked back."""
        day = now.replace(second=0, microsecond=0)
        floor = max(after, now - LOOK_BACK)
        while day > floor:
            if not self._day(day):
                day = day.replace(hour=23, minute=59) - timedelta(days=1)
            elif day.hour not in self.hours:
                day = day.replace(minute=59) - timedelta(hours=1)
            elif day.minute in self.minutes:
                return day
            else:
                day -= timedelta(minutes=1)
        return None

    def _day(self, at: datetime) -> bool:
        return any(self.strikes(at.replace(hour=hour, minute=min(self.minutes))) for hour in self.hours)

    def say(self) -> str:
        """As people read it, for the common shapes; the text itself for others."""
        if len(self.minutes) == 1 and len(self.hours) == 1 and len(self.months) == 12:
            clock = f"{min(self.hours):02d}:{min(self.minutes):02d}"
            if self.any_day and self.any_weekday:
                return f"每天 {clock}"
            if self.any_day:
                return f"每{'、'.join(_DAYS[one] for one in sorted(self.weekdays))} {clock}"
            if self.any_weekday:
                return f"每月 {'、'.join(map(str, sorted(self.days)))} 日 {clock}"
        if self.any_day and self.any_weekday and len(self.hours) == 24 and self.text.startswith("*/"):
            return f"每 {self.text.split()[0][2:]} 分钟"
        return self.text


@lru_cache(maxsize=512)
def _parse(text: str) -> Cron:
    parts = text.split(" ")
    if len(parts) != 5:
        raise ValueError("cron 要写五段：分 时 日 月 星期，例如 0 9 * * 1")
    found = [_numbers(part, index) for index, part in enumerate(parts)]
    weekdays = frozenset(one % 7 for one in found[4])
    return Cron(text, found[0], found[1], found[2], found[3], weekdays, parts[2] == "*", parts[4] == "*")


def _numbers(part: str, index: int) -> frozenset[int]:
    low, high = _RANGES[index]
    found: set[int] = set()
    for piece in part.split(","):
        body, _, step = piece.partition("/")
        first, dash, last = body.partition("-")
        try:
            start = low if body == "*" else int(first)
            end = high if body == "*" or (step and not dash) else int(last) if dash else start
            stride = int(step) if step else 1
        except ValueError:
            raise ValueError(f"cron 的第 {index + 1} 段（{_PARTS[index]}）看不懂：{part}") from None
        if not low <= start <= end <= high or stride < 1:
            raise ValueError(f"cron 的第 {index + 1} 段（{_PARTS[index]}）超出范围：{part}")
        found |= set(range(start, end + 1, stride))
    return frozenset(found)
