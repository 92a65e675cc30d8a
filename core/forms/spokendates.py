"""Days as people say them: 昨天, 上周五, 11月20日, 20号, 2026-11-20, 明天到后天. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAYS = {"大前天": -3, "前天": -2, "昨天": -1, "今天": 0, "明天": 1, "后天": 2, "大后天": 3}
_WEEKS = {"上上": -14, "上": -7, "": 0, "本": 0, "这": 0, "下": 7, "下下": 14}
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_WEEKDAY = re.compile(r"^(上上|上|本|这|下下|下|)(?:个)?(?:周|星期|礼拜)([一二三四五六日天])$")
_FULL = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_MONTH_DAY = re.compile(r"^(\d{1,2})(?:月|[-/])(\d{1,2})[日号]?$")
_DAY = re.compile(r"^(\d{1,2})[日号]$")
_SPAN = re.compile(r"^(.+?)(?:到|至|~|～|—+|--)(.+)$")


def day_of(text: str, today: date) -> date | None:
    """The day; None where the text is none. A month and day mean the nearest such day."""
    if text in _DAYS:
        return today + timedelta(days=_DAYS[text])
    if found := _WEEKDAY.match(text):
        monday = today - timedelta(days=today.weekday())
        return monday + timedelta(days=_WEEKS[found[1]] + _WEEKDAYS[found[2]])
    if found := _FULL.match(text):
        return _real(int(found[1]), int(found[2]), int(found[3]))
    if found := _MONTH_DAY.match(text):
        return _nearest(int(found[1]), int(found[2]), today)
    if found := _DAY.match(text):
        return _real(today.year, today.month, int(found[1]))
    return None


def days_between(text: str, today: date) -> tuple[date, date] | None:
    """First and last day of 明天到后天 or 11-26~12-2; None where the text is no span or runs backwards."""
    found = _SPAN.match(text)
    first = day_of(found[1], today) if found else None
    last = day_of(found[2], today) if found else None
    return (first, last) if first and last and first <= last else None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date) -> date | None:
    years = [found for year in (-1, 0, 1) if (found := _real(today.year + year, month, day))]
    return min(years, key=lambda one: abs(one - today), default=None)
