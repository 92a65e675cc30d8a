"""The years that the working calendar knows, and days from a spreadsheet (CSV): 日期,上班|休息."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime

import chinese_calendar  # type: ignore[import-untyped]

from core.errors import Invalid, Problem
from core.worktime import REST, WORK, WorkCalendar

WORDS = {"上班": WORK, "班": WORK, "work": WORK, "休息": REST, "休": REST, "rest": REST, "": ""}
MOST_ROWS = 800
WARN_MONTH = 11  # the State Council usually publishes next year's days in November


def last_shipped_year() -> int:
    """The last year whose legal holidays the package knows."""
    return int(max(day.year for day in chinese_calendar.constants.holidays))


def unknown_year(calendar: WorkCalendar, now: datetime, last: int | None = None) -> int:
    """The year that is about to begin, or has begun, without any legal holiday; 0 when all is well.

    A year counts as known once a day of it was entered by hand.
    """
    known = last_shipped_year() if last is None else last
    soon = now.year + (1 if now.month >= WARN_MONTH else 0)
    for year in range(known + 1, soon + 1):
        if year >= now.year and not any(day.year == year for day in calendar.days):
            return year
    return 0


def days_from_csv(text: str) -> dict[str, str]:
    """ISO date → work, rest or "" (as shipped). Raises Invalid with each line that cannot be read."""
    found: dict[str, str] = {}
    wrong: list[Problem] = []
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    for number, row in enumerate(rows[: MOST_ROWS + 1], 1):
        cells = [one.strip() for one in row]
        if not any(cells) or (number == 1 and cells[0] in ("日期", "day", "date")):
            continue
        day, kind = _day(cells[0]), WORDS.get(cells[1].lower()) if len(cells) > 1 else None
        if day is None or kind is None:
            wrong.append(
                Problem(f"{number}", f"第 {number} 行「{','.join(row)[:40]}」要写成 2027-02-06,休息")
            )
        else:
            found[day.isoformat()] = kind
    if len(rows) > MOST_ROWS:
        wrong.append(Problem("", f"一次最多 {MOST_ROWS} 行。"))
    if wrong:
        raise Invalid(tuple(wrong[:20]), "表格里有看不懂的行，什么都没有改。")
    return found


def _day(text: str) -> date | None:
    for shape in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"):
        try:
            return datetime.strptime(text, shape).date()
        except ValueError:
            continue
    return None


def csv_of(days: Mapping[str, bool]) -> str:
    """Days that are not as the week says, as CSV."""
    lines = [f"{day},{'上班' if worked else '休息'}" for day, worked in sorted(days.items())]
    return "\ufeff日期,状态\r\n" + "".join(f"{one}\r\n" for one in lines)
