"""What sets a rule off: one file a family. The key that is present says which one it is."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from core.rules.when.absence import Absence
from core.rules.when.button import Button
from core.rules.when.dates import DateDue
from core.rules.when.flow import Effective, FlowHappened, Voided
from core.rules.when.record import Created, Deleted, Saved, Updated
from core.rules.when.schedule import Schedule
from core.rules.when.threshold import Threshold
from core.rules.when.waiting import Waiting
from core.rules.when.webhook import Webhook

NAMES = (
    "absence",
    "created",
    "updated",
    "saved",
    "deleted",
    "effective",
    "voided",
    "flow",
    "cron",
    "monthly",
    "date",
    "threshold",
    "waiting",
    "button",
    "webhook",
)


def _which(value: Any) -> str:
    if not isinstance(value, dict):
        return TAGS.get(type(value), "@unknown")
    found = next((name for name in NAMES if name in value), "unknown")
    return f"@{'cron' if found == 'monthly' else found}"


When = Annotated[
    Annotated[Absence, Tag("@absence")]
    | Annotated[Created, Tag("@created")]
    | Annotated[Updated, Tag("@updated")]
    | Annotated[Saved, Tag("@saved")]
    | Annotated[Deleted, Tag("@deleted")]
    | Annotated[Effective, Tag("@effective")]
    | Annotated[Voided, Tag("@voided")]
    | Annotated[FlowHappened, Tag("@flow")]
    | Annotated[Schedule, Tag("@cron")]
    | Annotated[DateDue, Tag("@date")]
    | Annotated[Threshold, Tag("@threshold")]
    | Annotated[Waiting, Tag("@waiting")]
    | Annotated[Button, Tag("@button")]
    | Annotated[Webhook, Tag("@webhook")],
    Discriminator(
        _which,
        custom_error_type="when_unknown",
        custom_error_message="没有这种触发，可用：" + "、".join(NAMES),
    ),
]

TAGS: dict[type, str] = {
    Absence: "@absence",
    Created: "@created",
    Updated: "@updated",
    Saved: "@saved",
    Deleted: "@deleted",
    Effective: "@effective",
    Voided: "@voided",
    FlowHappened: "@flow",
    Schedule: "@cron",
    DateDue: "@date",
    Threshold: "@threshold",
    Waiting: "@waiting",
    Button: "@button",
    Webhook: "@webhook",
}

RecordTrigger = Created | Updated | Saved | Deleted
FlowTrigger = Effective | Voided | FlowHappened
ClockTrigger = Absence | Schedule | DateDue | Waiting

__all__ = [
    "Absence",
    "Button",
    "ClockTrigger",
    "Created",
    "DateDue",
    "Deleted",
    "Effective",
    "FlowHappened",
    "FlowTrigger",
    "RecordTrigger",
    "Saved",
    "Schedule",
    "Threshold",
    "Updated",
    "Voided",
    "Waiting",
    "Webhook",
    "When",
]
