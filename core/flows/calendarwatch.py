"""Looking ahead: the legal holidays of next year have to be known before deadlines run into it."""

from __future__ import annotations

from core.store.work import UnitOfWork
from core.workdays import unknown_year

KIND, OBJECT = "calendar_unknown", "calendar:"


def calendar_warning(uow: UnitOfWork) -> str:
    """What an administrator has to do about the calendar; "" when all is well."""
    year = unknown_year(uow.calendar, uow.now)
    if not year:
        return ""
    missing = f"工作日历还没有 {year} 年的法定节假日和调休，期限会按周一到周五计算。"
    return f"{missing}请在「运行 → 工作日历」导入或逐日设置。"


def watch_calendar(uow: UnitOfWork) -> None:
    """An incident while a year is missing; it closes by itself once the year is there."""
    warning = calendar_warning(uow)
    open_now = any(one.kind == KIND for one in uow.incidents.list("open", 1000))
    if warning and not open_now:
        uow.incidents.raise_(uow.ids(), KIND, OBJECT, warning, uow.now)
    elif not warning and open_now:
        uow.incidents.resolve(KIND, OBJECT, uow.now)
