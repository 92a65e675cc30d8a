"""Number functions and operators: exact decimals, null where a division has no answer."""

import decimal
from collections.abc import Iterable
from decimal import Decimal

from core.expressions.money import capitals
from core.expressions.values import EXACT, QUOTIENT, ExpressionError

ZERO = Decimal(0)
MAX_PLACES = 28


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """28 significant digits, half up; null by zero."""
    return QUOTIENT.divide(left, right) if right else None


def whole_quotient(left: Decimal, right: Decimal) -> Decimal | None:
    """`//`: cut towards zero."""
    return EXACT.divide_int(left, right) if right else None


def remainder(left: Decimal, right: Decimal) -> Decimal | None:
    """`%`: the sign of the left side."""
    return EXACT.remainder(left, right) if right else None


def mod(left: Decimal, right: Decimal) -> Decimal | None:
    """MOD: the sign of the divisor, as in Excel."""
    if not right:
        return None
    rest = EXACT.remainder(left, right)
    return EXACT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest


def integer(value: Decimal, what: str = "参数") -> int:
    """A whole number out of a Decimal: cut towards zero."""
    if abs(value) > 1_000_000_000:
        raise ExpressionError(f"{what}太大")
    return int(value)


def _rounded(value: Decimal, places: Decimal, mode: str) -> Decimal:
    digits = max(-MAX_PLACES, min(MAX_PLACES, integer(places, "小数位")))
    if isinstance(exponent := value.as_tuple().exponent, int) and -exponent <= digits:
        return value
    found = value.quantize(Decimal(1).scaleb(-digits), rounding=mode, context=EXACT)
    return found if digits >= 0 else EXACT.add(found, ZERO)


def round_half_up(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """ROUND, away from zero at a half."""
    return _rounded(value, places, decimal.ROUND_HALF_UP)


def round_up(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """ROUNDUP, away from zero."""
    return _rounded(value, places, decimal.ROUND_UP)


def round_down(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """ROUNDDOWN, towards zero."""
    return _rounded(value, places, decimal.ROUND_DOWN)


def floor(value: Decimal) -> Decimal:
    """INT."""
    return value.to_integral_value(decimal.ROUND_FLOOR)


def absolute(value: Decimal) -> Decimal:
    """ABS."""
    return EXACT.abs(value)


def money_in_words(value: Decimal) -> str:
    """大写."""
    try:
        return capitals(value)
    except ValueError:
        raise ExpressionError("金额太大，不能写成大写") from None


def flat(values: Iterable[object]) -> list[object]:
    """Single values and lists in one row, nulls left out."""
    out: list[object] = []
    for value in values:
        out.extend(value if isinstance(value, list) else (value,))
    return [value for value in out if value is not None]


def _numbers(values: Iterable[object]) -> list[Decimal]:
    found = flat(values)
    if not all(isinstance(value, Decimal) for value in found):
        raise ExpressionError("列表里有不是数字的值")
    return [value for value in found if isinstance(value, Decimal)]


def total(*values: object) -> Decimal:
    """SUM of values and lists."""
    out = ZERO
    for value in _numbers(values):
        out = EXACT.add(out, value)
    return out


def average(*values: object) -> Decimal | None:
    """AVG; null of nothing."""
    found = _numbers(values)
    return divide(total(*found), Decimal(len(found))) if found else None


def least(*values: object) -> object:
    """MIN; null of nothing. Raises TypeError for values of two kinds."""
    return min(flat(values), default=None)  # type: ignore[type-var]


def most(*values: object) -> object:
    """MAX; null of nothing. Raises TypeError for values of two kinds."""
    return max(flat(values), default=None)  # type: ignore[type-var]


def count(*values: object) -> Decimal:
    """COUNT of values that are not null."""
    return Decimal(len(flat(values)))
