"""Where the names of an expression live in the database, and what a pushed condition looks like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


@dataclass(frozen=True)
class SqlTable:
    """One form's table, with its neighbours.

    columns   symbol key → column (core.columns.Exact and Instant, Date, Text, Boolean; LIST as JSON text)
    rows      sub-table key → (its table, the child's foreign key column, my id column)
    links     linked record key → (its table, its id column, my foreign key column)
    dialect   "sqlite" or "postgresql"
    """

    columns: "Mapping[str, ColumnElement[Any]]"
    rows: "Mapping[str, tuple[SqlTable, ColumnElement[Any], ColumnElement[Any]]]" = field(
        default_factory=dict
    )
    links: "Mapping[str, tuple[SqlTable, ColumnElement[Any], ColumnElement[Any]]]" = field(
        default_factory=dict
    )
    dialect: str = "sqlite"


@dataclass(frozen=True)
class Pushed:
    """A condition for WHERE. `exact` False: lets more through: re-check with evaluate."""

    where: "ColumnElement[bool]"
    exact: bool
