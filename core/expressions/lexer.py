"""Text → tokens: Chinese words, full-width punctuation, durations; every token knows where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from core.expressions.guard import MAX_BRACKETS, MAX_NUMBER, MAX_TOKENS, check_text
from core.expressions.values import PLAIN_WORD, ExpressionError
from core.expressions.words import BARE, CALLED, OPERATORS, UNITS, WORDS


class Lexeme(NamedTuple):
    """What the grammar sees of a token: op name, word, or literal value, and the characters it covers."""

    content: object
    start: int
    end: int


@dataclass(slots=True)
class Token:
    """The shape PLY asks of a token; `type` is one of rule_engine's token names."""

    type: str
    value: Lexeme
    lexpos: int
    lineno: int = 1
    lexer: object = None


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PUNCTUATION = {"。": ".", "、": ",", "×": "*", "÷": "/", "−": "-", "\u3000": " ", "\u00a0": " "}
PLAIN = str.maketrans(
    {**{chr(a): chr(b) for a, b in _FULL_WIDTH.items()}, **_PUNCTUATION, "\n": " ", "\r": " ", "\t": " "}
)
CLOSING = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "’": "’", "＂": "＂", "＇": "＇"}
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
OPERAND_ENDS = frozenset(
    {"SYMBOL", "FLOAT", "STRING", "TIMEDELTA", "TRUE", "FALSE", "NULL", "RPAREN", "RBRACKET"}
)
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
RUN = re.compile(r"\w+")


class Lexer:
    """Reads one text; `token()` hands the tokens to PLY one by one, None at the end."""

    def __init__(self, text: str, known: frozenset[str]) -> None:
        check_text(text)
        self.text = text
        self.plain = text.translate(PLAIN)
        self.known = known
        self.tokens: list[Token] = []
        self._read()
        _check_brackets(self.tokens)
        self._waiting = iter(self.tokens)

    def input(self, text: str) -> None:
        """PLY calls this before it asks for tokens; the text is known already."""

    def token(self) -> Token | None:
        """The next token."""
        return next(self._waiting, None)

    def _read(self) -> None:
        position = 0
        while position < len(self.plain):
            if self.plain[position] == " ":
                position += 1
                continue
            position = self._take(position)
            if len(self.tokens) > MAX_TOKENS:
                raise ExpressionError(f"表达式太长，最多 {MAX_TOKENS} 个词", position)

    def _take(self, at: int) -> int:
        """Read what starts at `at`; the position after it."""
        char = self.plain[at]
        if self.text[at] in CLOSING:
            return self._string(at, raw=False)
        if char in "rR" and at + 1 < len(self.text) and self.text[at + 1] in CLOSING:
            return self._string(at + 1, raw=True)
        if char == "【":
            return self._quoted_name(at)
        if found := NUMBER.match(self.plain, at):
            return self._number(found)
        if found := RUN.match(self.plain, at):
            return self._run(at, found.group())
        return self._operator(at)

    def _add(self, kind: str, content: object, start: int, end: int) -> int:
        self.tokens.append(Token(kind, Lexeme(content, start, end), start))
        return end

    def _after_operand(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].type in OPERAND_ENDS

    def _string(self, at: int, *, raw: bool) -> int:
        closing = CLOSING[self.text[at]]
        start = at - 1 if raw else at
        out: list[str] = []
        at += 1
        while at < len(self.text):
            char = self.text[at]
            if char == closing:
                return self._add("STRING", "".join(out), start, at + 1)
            if char == "\\" and not raw and self.text[at + 1 : at + 2] in ESCAPES:
                char = ESCAPES[self.text[at + 1]]
                at += 1
            out.append(char)
            at += 1
        raise ExpressionError("引号没有闭合", start, len(self.text) - start)

    def _quoted_name(self, at: int) -> int:
        end = self.text.find("】", at)
        if end < 0:
            raise ExpressionError("「【」没有闭合", at, 1)
        return self._add("SYMBOL", self.text[at + 1 : end].strip(), at, end + 1)

    def _number(self, found: re.Match[str]) -> int:
        start, end = found.span()
        if end - start > MAX_NUMBER:
            raise ExpressionError(f"数字太长，最多 {MAX_NUMBER} 位", start, end - start)
        value = Decimal(found.group())
        if self.plain[end : end + 1] == "%" and self._percent_at(end):
            return self._add("FLOAT", value / 100, start, end + 1)
        run = RUN.match(self.plain, end)
        if run is None:
            return self._add("FLOAT", value, start, end)
        return self._unit(value, start, run)

    def _percent_at(self, at: int) -> bool:
        """5% is a percentage unless something to divide by follows."""
        rest = self.plain[at + 1 :].lstrip()
        if not rest or rest[0] in ")]+-*/,<>=!?:|&":
            return True
        run = RUN.match(rest)
        return (
            run is not None
            and any(run.group().casefold().startswith(word) for word in WORDS)
            and not rest[0].isdigit()
        )

    def _unit(self, value: Decimal, start: int, run: re.Match[str]) -> int:
        """A number with a word stuck to it: 30天, 5万, or 5000且…"""
        word = run.group()
        for unit, seconds in UNITS.items():
            if word.startswith(unit) and (len(word) == len(unit) or self._segments(word[len(unit) :])):
                return self._with_unit(value, start, run.start() + len(unit), seconds)
        if self._segments(word):
            return self._add("FLOAT", value, start, run.start())
        hint = "，月和年长短不一，请用 EDATE(日期, 月数)" if word[0] in "个月年" else ""
        raise ExpressionError(f"数字后面不能接「{word}」{hint}", run.start(), len(word))

    def _with_unit(self, value: Decimal, start: int, end: int, unit: int | Decimal) -> int:
        if isinstance(unit, Decimal):
            return self._add("FLOAT", value * unit, start, end)
        try:
            length = timedelta(microseconds=int(value * unit * 1_000_000))
        except OverflowError:
            raise ExpressionError("时长太长", start, end - start) from None
        return self._add("TIMEDELTA", length, start, end)

    def _run(self, at: int, run: str) -> int:
        """A run of letters: one word if it is known or cannot be cut, else the words it is made of."""
        words = [run] if self._is_word(run) else self._segments(run) or [run]
        for word in words:
            self._word(at, word)
            at += len(word)
        return at

    def _is_word(self, word: str) -> bool:
        return (
            word in self.known
            or word.casefold() in WORDS
            or word.casefold() in BARE
            or word.upper() in CALLED
        )

    def _segments(self, run: str) -> list[str] | None:
        """Cut 等级属于 or 且客户 into known words, longest first; None where it cannot be cut.

        Two ASCII letters are never cut apart, so `order` does not become `or` and `der`.
        """
        if len(run) > MAX_NUMBER * 10:
            return None
        ends: dict[int, list[str] | None] = {len(run): []}
        for start in range(len(run) - 1, -1, -1):
            ends[start] = self._cut(run, start, ends)
        return ends[0]

    def _cut(self, run: str, start: int, ends: dict[int, list[str] | None]) -> list[str] | None:
        if start and run[start - 1 : start + 1].isascii():
            return None
        for end in range(len(run), start, -1):
            rest = ends.get(end)
            if rest is not None and (self._is_word(run[start:end]) or self._measure(run[start:end])):
                return [run[start:end], *rest]
        return None

    @staticmethod
    def _measure(piece: str) -> bool:
        found = NUMBER.match(piece)
        return found is not None and (piece[found.end() :] in UNITS or found.end() == len(piece))

    def _word(self, at: int, word: str) -> None:
        end = at + len(word)
        if word[0].isdigit():
            digits = word.rstrip("".join(UNITS))
            self._with_unit(Decimal(digits), at, end, UNITS.get(word[len(digits) :], Decimal(1)))
            return
        small = word.casefold()
        if small in BARE:
            self._add("SYMBOL", BARE[small], at, end)
        elif small in WORDS and not self._is_call(small, end):
            for kind, content in self._meaning(small):
                self._add(kind, content, at, end)
        elif not PLAIN_WORD.fullmatch(word):
            raise ExpressionError(f"「{word}」不是可用的名称", at, len(word))
        else:
            self._add("SYMBOL", word, at, end)

    def _is_call(self, word: str, end: int) -> bool:
        """AND( and OR( at the start of an operand are functions."""
        return word in {"and", "or"} and not self._after_operand() and self.plain[end:].lstrip()[:1] == "("

    def _meaning(self, word: str) -> tuple[tuple[str, object], ...]:
        """是 and 不是 compare after a value and are words of their own elsewhere."""
        if word == "是":
            return (("EQ", "eq"),) if self._after_operand() else (("TRUE", True),)
        if word == "不是":
            return (("NE", "ne"),) if self._after_operand() else (("NOT", "not"),)
        return WORDS[word]

    def _operator(self, at: int) -> int:
        for size in (3, 2, 1):
            sign = self.plain[at : at + size]
            if len(sign) == size and sign in OPERATORS:
                kind, content = OPERATORS[sign]
                if kind is None:
                    raise ExpressionError(f"不支持「{self.text[at : at + size]}」{content}", at, size)
                return self._add(kind, content, at, at + size)
        raise ExpressionError(f"这里不能有「{self.text[at]}」", at, 1)


PAIRS = {"RPAREN": "LPAREN", "RBRACKET": "LBRACKET"}
SIGNS = {"LPAREN": "(", "RPAREN": ")", "LBRACKET": "[", "RBRACKET": "]"}


def _check_brackets(tokens: list[Token]) -> None:
    """Say which bracket has no partner; refuse deep nesting."""
    opened: list[Token] = []
    for token in tokens:
        if token.type in PAIRS.values():
            opened.append(token)
            if len(opened) > MAX_BRACKETS:
                raise ExpressionError(f"括号嵌套太深，最多 {MAX_BRACKETS} 层", token.lexpos, 1)
        elif token.type in PAIRS:
            if not opened or opened[-1].type != PAIRS[token.type]:
                raise ExpressionError(f"多了一个「{SIGNS[token.type]}」", token.lexpos, 1)
            opened.pop()
    if opened:
        sign = SIGNS[opened[-1].type]
        raise ExpressionError(
            f"「{sign}」没有闭合，缺少「{')' if sign == '(' else ']'}」", opened[-1].lexpos, 1
        )


def tokens_of(text: str, known: frozenset[str]) -> Iterator[Token]:
    """The tokens of a text; for tests and for the editor's colouring."""
    yield from Lexer(text, known).tokens
