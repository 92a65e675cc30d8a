"""What the people of the crash proof set out to do: who claims what, and who will say what about it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

PHONES = {
    "li": ("dingtalk", "liming"),
    "zhou": ("dingtalk", "zhouting"),
    "wu": ("dingtalk", "wulei"),
    "liu": ("dingtalk", "liujianguo"),
    "sun": ("dingtalk", "sunyue"),
    "zhao": ("dingtalk", "zhaoguodong"),
    "wang": ("wecom", "WangQiang"),
    "chen": ("wecom", "ChenJing"),
}
MANAGER = {"li": "wang", "zhou": "wang", "wu": "liu", "liu": "zhao", "sun": "chen", "wang": "zhao"}
MANAGER |= {"chen": "zhao"}
APPROVERS = ("wang", "liu", "zhao", "chen")
LARGE = 5000
WITHDRAWN, REJECTED = 0.04, 0.1


@dataclass
class Claim:
    """One planned claim. verdicts: by approver, in order; made: it is known to exist."""

    number: int
    by: str
    form: str
    amount: str
    by_card: bool
    verdicts: dict[str, str]
    withdraw: bool = False
    made: bool = False

    @property
    def reason(self) -> str:
        """What tells it from all others, on every card."""
        return f"第{self.number:04d}号"

    @property
    def steps(self) -> list[str]:
        """Who will be asked: nobody after a refusal."""
        asked = []
        for person, verdict in self.verdicts.items():
            asked.append(person)
            if verdict == "reject":
                break
        return asked

    @property
    def values(self) -> dict[str, Any]:
        """As the API takes them."""
        if self.form == "petty_claim":
            return {"reason": self.reason, "amount": self.amount}
        row = {"spent_on": date.today().isoformat(), "kind": "交通", "amount": self.amount}
        return {"reason": self.reason, "items": [row]}


def plan(approvals: int, dice: random.Random) -> list[Claim]:
    """Claims that need this many decisions, a little more at most."""
    claims: list[Claim] = []
    decisions = 0
    while decisions < approvals:
        claim = _claim(len(claims) + 1, dice)
        claims.append(claim)
        decisions += 0 if claim.withdraw else len(claim.steps)
    return claims


def _claim(number: int, dice: random.Random) -> Claim:
    by = dice.choices(list(MANAGER), weights=[5, 5, 6, 4, 4, 2, 1])[0]
    small = dice.random() < 0.5
    amount = f"{dice.randint(1, 49_999) / 100:.2f}" if small else f"{dice.randint(100, 9000)}.00"
    form = "expense_claim" if small else "petty_claim"
    asked = [MANAGER[by]]
    if float(amount) > LARGE and "chen" not in asked:
        asked.append("chen")
    verdicts = {one: "reject" if dice.random() < REJECTED else "approve" for one in asked}
    by_card = form == "petty_claim" and PHONES[by][0] == "dingtalk"
    return Claim(number, by, form, amount, by_card, verdicts, dice.random() < WITHDRAWN)
