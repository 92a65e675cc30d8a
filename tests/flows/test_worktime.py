"""The working calendar: legal holidays, 调休, shifts, and what a company changes itself."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from core.worktime import WorkCalendar, read_shifts

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar(ZONE)


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-10-01", False),  # 国庆
        ("2026-10-10", True),  # 周六调休上班
        ("2026-11-28", False),  # 周六
        ("2026-11-30", True),
        ("2031-01-06", True),  # 目录之外按星期
        ("2031-01-05", False),
    ],
)
def test_days(day: str, worked: bool):
    """节假日、调休、周末；包里没有的年份按星期一到五。"""
    assert CALENDAR.is_workday(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-24T09:00", 1, "2026-11-24T10:00"),
        ("2026-11-24T11:00", 2, "2026-11-24T14:00"),  # 跨午休
        ("2026-11-24T17:00", 2, "2026-11-25T10:00"),  # 跨夜
        ("2026-11-27T17:30", 1, "2026-11-30T09:30"),  # 跨周末
        ("2026-11-24T20:00", 1, "2026-11-25T10:00"),  # 下班后发起
        ("2026-09-30T17:00", 2, "2026-10-08T10:00"),  # 跨国庆
        ("2026-11-24T09:00", 8, "2026-11-24T18:00"),  # 正好一天
        ("2026-11-24T09:00", 0, "2026-11-24T09:00"),
    ],
)
def test_hours(start: str, hours: float, due: str):
    """工作小时只在班次里走。"""
    assert CALENDAR.after_hours(at(start), hours) == at(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-24T10:30", 1, "2026-11-25T10:30"),
        ("2026-11-27T10:30", 1, "2026-11-30T10:30"),
        ("2026-11-28T10:30", 1, "2026-12-01T09:00"),
        ("2026-09-30T10:00", 2, "2026-10-09T10:00"),
    ],
)
def test_workdays(start: str, days: int, due: str):
    """工作日跳过周末和节假日；休息日发起的从下一个班次算起。"""
    assert CALENDAR.after_days(at(start), days) == at(due)


def test_a_company_changes_days_and_shifts():
    """自己的放假日和夜班。"""
    own = WorkCalendar(ZONE, {date(2026, 11, 25): False}, read_shifts("08:00-12:00，14:00-20:00"))
    assert own.after_hours(at("2026-11-24T19:00"), 2) == at("2026-11-26T09:00")
    assert own.shifts[1] == (time(14), time(20))


@pytest.mark.parametrize("text", ["9-12", "12:00-09:00", "09:00-12:00,11:00-13:00", ""])
def test_bad_shifts_are_refused(text: str):
    """看不懂、倒着、重叠的班次不收。"""
    with pytest.raises(ValueError, match=r"."):
        read_shifts(text)
