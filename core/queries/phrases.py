"""常用意见 as they are offered on pages and cards: one's own first, then the company's."""

from __future__ import annotations

from core.store.phrases import COMPANY
from core.store.work import UnitOfWork

# What a company is offered that has not written its own.
SHIPPED = {
    "approve": ["同意", "情况属实，同意"],
    "reject": ["票据不全", "金额有误", "事由不清楚", "超出标准"],
    "return": ["请补充附件", "请修改金额", "请补充说明"],
}


def company_phrases(uow: UnitOfWork) -> dict[str, list[str]]:
    """The company's; for a verdict without any, those that were shipped."""
    return SHIPPED | uow.phrases.of(COMPANY)


def phrases(uow: UnitOfWork, person: str) -> dict[str, list[str]]:
    """verdict → texts, without repeats."""
    own, shared = uow.phrases.of(person), company_phrases(uow)
    return {key: list(dict.fromkeys((*own.get(key, ()), *texts))) for key, texts in shared.items()}
