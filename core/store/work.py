"""The store: opens the databases, hands out units of work. A unit of work is one transaction and its repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, NestedTransaction, text

from core.clock import Clock, Ids
from core.expressions import Scope
from core.forms.lookups import Lookups
from core.forms.storage import Records
from core.library import Library, Shelf
from core.people import Directory
from core.rules.lookup import looked_up
from core.store.access import Access
from core.store.audit import AuditTrail
from core.store.definitions import Definitions
from core.store.directory import DirectoryRows
from core.store.drafts import Drafts, Files
from core.store.engine import FileLock, parse_url, postgresql_engine, sqlite_engine
from core.store.flowrows import Calendars, Callbacks, Delegations, Interventions, Timers
from core.store.groups import Groups
from core.store.inbox import Inbox
from core.store.incidents import Incidents
from core.store.instances import Instances
from core.store.ledger import Ledger
from core.store.life import Life
from core.store.migrate import upgrade
from core.store.outbox import Cards, Outbox
from core.store.phrases import Phrases
from core.store.reminders import Reminders
from core.store.runs import Runs
from core.store.writer import GatheringWriter, PooledWriter, Writer
from core.worktime import WorkCalendar

T = TypeVar("T")


@dataclass(frozen=True)
class House:
    """What every unit of work of a process shares.

    platforms  the chat platforms that are on; empty = all
    quiet      nobody is told: history is being played
    """

    clock: Clock
    ids: Ids
    zone: ZoneInfo
    platforms: frozenset[str] = frozenset()
    quiet: bool = False
    library: Library = field(default_factory=Library)
    directories: dict[int, Directory] = field(default_factory=dict)


class UnitOfWork:
    """One transaction. `now` is fixed for its whole length and stands in the business zone."""

    def __init__(self, connection: Connection, house: House) -> None:
        self.connection = connection
        self.house = house
        self.now: datetime = house.clock().astimezone(house.zone)
        self.ids = house.ids

    def undo(self, savepoint: NestedTransaction) -> None:
        """Roll a savepoint back; what was read inside it is read again when it is asked for."""
        savepoint.rollback()
        self.instances.forget()
        self.records.forget()

    @cached_property
    def inbox(self) -> Inbox:
        """Deliveries."""
        return Inbox(self.connection)

    @cached_property
    def definitions(self) -> Definitions:
        """Definition rows."""
        return Definitions(self.connection)

    @cached_property
    def shelf(self) -> Shelf:
        """Definitions, compiled."""
        return Shelf(self.house.library, self.definitions)

    @cached_property
    def directory_rows(self) -> DirectoryRows:
        """Directory rows."""
        return DirectoryRows(self.connection)

    @cached_property
    def people(self) -> Directory:
        """The directory; read again only when its version changed."""
        version = self.directory_rows.version()
        found = self.house.directories.get(version)
        if found is None:
            found = self.directory_rows.load()
            self.house.directories.clear()
            self.house.directories[version] = found
        return found

    @cached_property
    def records(self) -> Records:
        """Records of all forms."""
        return Records(self.connection, self.ids, self.ledger, self.now)

    @cached_property
    def ledger(self) -> Ledger:
        """Aggregate tables."""
        return Ledger(self.connection, lambda: self.shelf.book, self.scope)

    @cached_property
    def runs(self) -> Runs:
        """What rules did."""
        return Runs(self.connection)

    @cached_property
    def drafts(self) -> Drafts:
        """Drafts."""
        return Drafts(self.connection)

    @cached_property
    def files(self) -> Files:
        """Stored files."""
        return Files(self.connection)

    @cached_property
    def instances(self) -> Instances:
        """Flow instances and tasks."""
        return Instances(self.connection)

    @cached_property
    def life(self) -> Life:
        """Comments, backfills, open drafts."""
        return Life(self.connection)

    @cached_property
    def timers(self) -> Timers:
        """Timers of flows."""
        return Timers(self.connection)

    @cached_property
    def delegations(self) -> Delegations:
        """委托."""
        return Delegations(self.connection)

    @cached_property
    def interventions(self) -> Interventions:
        """Interventions of administrators."""
        return Interventions(self.connection)

    @cached_property
    def calendars(self) -> Calendars:
        """Rows of the working calendar."""
        return Calendars(self.connection, self.house.zone)

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working calendar as it is in this transaction."""
        return self.calendars.load()

    @cached_property
    def phrases(self) -> Phrases:
        """Usual opinions."""
        return Phrases(self.connection)

    @cached_property
    def callbacks(self) -> Callbacks:
        """Tokens of webhook steps."""
        return Callbacks(self.connection)

    @cached_property
    def reminders(self) -> Reminders:
        """Reminders."""
        return Reminders(self.connection)

    @cached_property
    def cards(self) -> Cards:
        """Cards."""
        return Cards(self.connection)

    @cached_property
    def outbox(self) -> Outbox:
        """The outbox."""
        return Outbox(self.connection)

    @cached_property
    def groups(self) -> Groups:
        """Chat groups."""
        return Groups(self.connection)

    @cached_property
    def incidents(self) -> Incidents:
        """Incidents."""
        return Incidents(self.connection)

    @cached_property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        return AuditTrail(self.connection)

    @cached_property
    def access(self) -> Access:
        """Accounts, sessions, keys."""
        return Access(self.connection)

    def scope(self, me: str | None = None, record: str = "") -> Scope:
        """What expressions may know in this transaction. `record`: the id in hand, which 查询 never finds."""
        calls: dict[str, Callable[..., object]] = {
            "上级": lambda person=None, level=1: self.people.manager(str(person or me or ""), int(level)),
            "我的部门": lambda: self.people.department_of(me or ""),
            "聚合": lambda name, *keys: self.ledger.value(str(name), keys),
            "查表": lambda row, name, output=None: looked_up(
                self.shelf.book, row, name, output, self.scope(me)
            ),
            "工作日": lambda day: self.calendar.is_workday(day),  # noqa: PLW0108  (read when first asked)
        }
        scope = Scope(now=self.now, zone=self.house.zone, me=me, calls=calls)
        calls["查询"] = Lookups(self, scope, record)
        return scope


class Store:
    """One database. Writes are jobs for the writer; reads have connections of their own."""

    def __init__(self, reader: Engine, writer: Writer | None, house: House, lock: FileLock | None) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self.house = house

    @classmethod
    def open(cls, url: str, house: House, *, writable: bool = True) -> Store:
        """Open (making and upgrading the tables first). Raises Misconfigured.

        writable False opens for reading alone, beside a running server.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            path = Path(parsed.database or "")
            lock = FileLock(path.resolve()) if writable else None
            if writable:
                upgrade(sqlite_engine(parsed, writer=True))
            writer = GatheringWriter(sqlite_engine(parsed, writer=True)) if writable else None
            return cls(sqlite_engine(parsed, writer=False), writer, house, lock)
        engine = postgresql_engine(parsed, size=12)
        if writable:
            upgrade(engine)
        return cls(engine, PooledWriter(engine) if writable else None, house, None)

    def submit(self, work: Callable[[UnitOfWork], T]) -> Future[T]:
        """Run a write transaction; the future is answered after its commit. Raises Busy."""
        if self._writer is None:
            raise PermissionError("this store was opened for reading")
        return self._writer.submit(lambda connection: work(UnitOfWork(connection, self.house)))

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A consistent view for reading; nothing that is written in it is kept."""
        with self._reader.connect() as connection, connection.begin():
            yield UnitOfWork(connection, self.house)

    def at(self, house: House) -> Store:
        """The same database under another clock; it must not be closed."""
        return Store(self._reader, self._writer, house, None)

    def ping(self) -> None:
        """Ask the database something; raises when it does not answer."""
        with self._reader.connect() as connection:
            connection.execute(text("SELECT 1"))

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        return self._reader.dialect.name

    def close(self) -> None:
        """Finish what waits and let the database go."""
        if self._writer is not None:
            self._writer.close()
        self._reader.dispose()
        if self._lock is not None:
            self._lock.release()
