"""What automatic steps do: records of other forms, queries, sub-flows, webhooks, pictures, messages."""

from __future__ import annotations

from pydantic import Field

from core.flows.definition.base import Strict


class Work(Strict):
    """create, update, delete or query records of a form.

    set     field of that form → expression over this record; 本单 is this record     (create, update)
    match   field of that form → expression over this record; all must be equal       (update, delete, query)
    into    field of this record → field of the found record; the first found counts  (query)
    each    a sub-table of this record: one record for each row, whose fields `set` may name   (create)
    limit   more matches than this is an error, not a surprise
    """

    form: str
    set: dict[str, str] = Field(default_factory=dict, validation_alias="map")
    match: dict[str, str] = Field(default_factory=dict)
    into: dict[str, str] = Field(default_factory=dict)
    each: str = ""
    limit: int = Field(default=200, ge=1, le=1000)


class Subflow(Strict):
    """Records of another form whose own flow runs as a child.

    wait     go on only when all children are over;  refuse: a refused child refuses this flow
    each     one child for each row of this sub-table;  limit: more rows than this is an error
    """

    form: str
    set: dict[str, str] = Field(default_factory=dict, validation_alias="map")
    each: str = ""
    wait: bool = True
    refuse: bool = True
    limit: int = Field(default=50, ge=1, le=200)


class Webhook(Strict):
    """A POST to somebody else. `wait`: go on only when they call back; `into`: field → key of their answer."""

    url: str = Field(pattern=r"^https?://")
    body: dict[str, str] = Field(default_factory=dict)
    wait: bool = False
    into: dict[str, str] = Field(default_factory=dict)
