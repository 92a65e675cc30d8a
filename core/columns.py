"""Column types that are exact on both databases: scaled integers on SQLite, native types on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DIGITS = 38  # precision of NUMERIC on PostgreSQL; SQLite holds what fits 63 bits
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no instant")
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware datetime (UTC) of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


class Exact(TypeDecorator[Decimal]):
    """Decimal with `scale` decimals: BIGINT × 10**scale on SQLite, NUMERIC(38, scale) on PostgreSQL.

    What has more decimals is rounded half up on the way in, as NUMERIC does by itself.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int = 0) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(DIGITS, self.scale))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        number = value if isinstance(value, Decimal) else Decimal(value)
        if dialect.name == "postgresql":
            return number
        scaled = int(number.scaleb(self.scale, _WIDE).to_integral_value(ROUND_HALF_UP))
        if abs(scaled) >= 1 << 63:
            raise ValueError(f"number too large for a column with {self.scale} decimals")
        return scaled

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return Decimal(value)
        return Decimal(int(value)).scaleb(-self.scale, _WIDE)


class Instant(TypeDecorator[datetime]):
    """Aware datetime: UTC microseconds as BIGINT on SQLite, timestamptz on PostgreSQL; comes back in UTC."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        micros = to_micros(value)
        return value if dialect.name == "postgresql" else micros

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else from_micros(value)
