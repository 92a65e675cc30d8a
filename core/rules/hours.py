"""Working days and hours, counted back from an instant. Pure: the calendar is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

SPANS = ((time(9), time(12)), (time(13), time(18)))
LONGEST = 2000  # days that are looked back at most

Calendar = Callable[[date], bool]


def hours_before(now: datetime, hours: int, works: Calendar) -> datetime:
    """The latest instant since which `hours` working hours have passed."""
    left, day = timedelta(hours=hours), now
    for _ in range(LONGEST):
        if works(day.date()):
            for start, end in reversed(SPANS):
                opens = datetime.combine(day.date(), start, now.tzinfo)
                closes = min(datetime.combine(day.date(), end, now.tzinfo), now)
                worked = max(timedelta(0), closes - opens)
                if worked >= left:
                    return closes - left
                left -= worked
        day -= timedelta(days=1)
    return day


def workdays_before(now: datetime, days: int, works: Calendar) -> datetime:
    """The same time of day, `days` working days ago."""
    left, day = days, now
    for _ in range(LONGEST):
        if left == 0:
            break
        day -= timedelta(days=1)
        left -= works(day.date())
    return day


def workdays_between(start: datetime, now: datetime, works: Calendar) -> int:
    """Whole working days that have passed."""
    days = 0
    while days < LONGEST and start <= workdays_before(now, days + 1, works):
        days += 1
    return days


def month_day(day: date, which: str, works: Calendar) -> bool:
    """Whether a day is the last day, the last or the first working day of its month."""
    following = day + timedelta(days=1)
    if which == "last_day":
        return following.month != day.month
    if not works(day):
        return False
    if which == "first_workday":
        return not any(works(day.replace(day=one)) for one in range(1, day.day))
    while following.month == day.month:
        if works(following):
            return False
        following += timedelta(days=1)
    return True
