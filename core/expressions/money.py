"""大写: an amount of money in financial capitals, as it stands on cheques and invoices."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
LIMIT = Decimal(10) ** 16


def capitals(amount: Decimal) -> str:
    """元角分, rounded half up to 分; 整 after 元 and 角, a 零 for each gap, 负 before a debt.

    Raises ValueError from 10^16 on. Source: 支付结算办法, annex 1 (整 may follow 角; ours does).
    """
    cents = int(abs(amount).scaleb(2).to_integral_value(ROUND_HALF_UP))
    yuan, rest = divmod(cents, 100)
    if yuan >= LIMIT:
        raise ValueError("amount too large")
    sign = "负" if amount < 0 and cents else ""
    whole = f"{_integer(yuan)}元" if yuan else ""
    return sign + whole + _fraction(rest, after_yuan=bool(yuan))


def _fraction(cents: int, *, after_yuan: bool) -> str:
    jiao, fen = divmod(cents, 10)
    if not cents:
        return "整" if after_yuan else "零元整"
    if not fen:
        return f"{DIGITS[jiao]}角整"
    head = f"{DIGITS[jiao]}角" if jiao else "零" if after_yuan else ""
    return f"{head}{DIGITS[fen]}分"


def _integer(yuan: int) -> str:
    out, gap = "", False
    for index in range(len(GROUPS) - 1, -1, -1):
        group = yuan // 10_000**index % 10_000
        if not group:
            gap = bool(out)
            continue
        if out and (gap or group < 1_000):
            out += "零"
        out += _group(group) + _unit(index, yuan)
        gap = False
    return out


def _unit(index: int, yuan: int) -> str:
    """万亿 when 亿 itself is empty, else 万 alone: 壹万零壹亿."""
    if index == 3:
        return "万" if yuan // 10**8 % 10_000 else "万亿"
    return GROUPS[index]


def _group(group: int) -> str:
    out, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(out)
            continue
        out += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return out
