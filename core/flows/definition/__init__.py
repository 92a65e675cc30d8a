"""A flow as data: a tree of steps. Blocks nest, so a published flow cannot deadlock (decision D3).

steps:
  - approve: 直属上级            # the kind of step is the key that holds its name
    who: {manager: 1}
  - branch: exclusive
    paths:
      - {if: 合计 > 5000, steps: [...]}
      - {otherwise: true, steps: [...]}

One file a subject: who is asked (who), how verdicts count (vote), time (due), what people may do (policy),
automatic steps (work), the step (step), the flow (flow), the 授权表 (authority).
"""

from core.flows.definition.authority import Authority, AuthorityRow
from core.flows.definition.base import Strict
from core.flows.definition.case import CaseAct, TrialCase
from core.flows.definition.due import Delay, Due
from core.flows.definition.flow import Flow
from core.flows.definition.policy import (
    Back,
    Button,
    Dedup,
    OnReject,
    Returns,
    Right,
    Selfsame,
    Watch,
    Withdrawal,
)
from core.flows.definition.step import AUTOMATIC_KINDS, HUMAN_KINDS, STEP_KINDS, Mode, Path, Step
from core.flows.definition.vote import Settle, Vote, VoteRule
from core.flows.definition.who import Chain, Nobody, Pick, Who
from core.flows.definition.work import Subflow, Webhook, Work

__all__ = [
    "AUTOMATIC_KINDS",
    "HUMAN_KINDS",
    "STEP_KINDS",
    "Authority",
    "AuthorityRow",
    "Back",
    "Button",
    "CaseAct",
    "Chain",
    "Dedup",
    "Delay",
    "Due",
    "Flow",
    "Mode",
    "Nobody",
    "OnReject",
    "Path",
    "Pick",
    "Returns",
    "Right",
    "Selfsame",
    "Settle",
    "Step",
    "Strict",
    "Subflow",
    "TrialCase",
    "Vote",
    "VoteRule",
    "Watch",
    "Webhook",
    "Who",
    "Withdrawal",
    "Work",
]
