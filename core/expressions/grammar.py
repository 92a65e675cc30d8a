"""rule_engine's grammar with our nodes. Importing it costs 0.4 s (PLY builds tables twice): use language.py.

The signs `{ } & | ^ $ << >> **` and the words for/if never reach the grammar: the lexer makes no tokens of
them. What it accepts and we do not (subscripts, slices) is refused here; guard.check_tree is the second net.
"""

# The docstrings of p_ methods are grammar rules that PLY reads.
from typing import Any, NoReturn

from rule_engine.parser import Parser

from core.expressions.lexer import Lexeme
from core.expressions.syntax import Infix, Invoke, Literal, Member, Prefix, Several, Span, Syntax, Word
from core.expressions.values import ExpressionError, Kind
from core.expressions.words import Bare

NEGATED = {"lacks": "contains", "lacks_search": "search", "lacks_match": "match"}
COMPARING = {"EQ", "NE", "GT", "GE", "LT", "LE", "IN", "EQ_FZS", "NE_FZS", "EQ_FZM", "NE_FZM"}


class Parsed:
    """What Parser.parse asks `build()` of: the finished tree."""

    def __init__(self, root: Syntax) -> None:
        self.root = root

    def build(self) -> Syntax:
        """The tree; nothing is deferred."""
        return self.root


def _infix(p: Any) -> Infix:
    left, sign, right = p[1:4]
    return Infix(sign.content, left, right, (left.span[0], right.span[1]))


def _refuse(p: Any, what: str) -> NoReturn:
    lexeme: Lexeme = p[2]
    raise ExpressionError(f"不支持{what}", lexeme.start, lexeme.end - lexeme.start)


class Grammar(Parser):  # type: ignore[misc]  # the parser comes untyped
    """Text to Syntax; actions only, the rules are rule_engine's."""

    start = "statement"

    def p_error(self, token: Any) -> None:
        if token is None:
            raise ExpressionError("表达式没有写完")
        start, end = token.value.start, token.value.end
        if token.type in COMPARING:
            raise ExpressionError(
                "比较不能连写，请用「且」连接，例如 金额 > 1 且 金额 < 9", start, end - start
            )
        raise ExpressionError("这里的写法不对，可能少了运算符、逗号或引号", start, end - start)

    def p_statement_expr(self, p: Any) -> None:
        """
        statement : expression
                  | expression COMMENT
        """
        p[0] = Parsed(p[1])

    def p_expression_getattr(self, p: Any) -> None:
        """
        object : object ATTR SYMBOL
               | object ATTR_SAFE SYMBOL
        """
        owner, _, name = p[1:4]
        p[0] = Member(owner, name.content, (name.start, name.end), (owner.span[0], name.end))

    def p_expression_ternary(self, p: Any) -> None:
        """
        expression : expression QMARK expression COLON expression
        """
        condition, sign, case_true, _, case_false = p[1:6]
        span = (condition.span[0], case_false.span[1])
        p[0] = Invoke("IF", (condition, case_true, case_false), (sign.start, sign.end), span)

    def p_expression_coalesce(self, p: Any) -> None:
        """
        expression : expression COALESCE expression
        """
        left, sign, right = p[1:4]
        p[0] = Invoke("COALESCE", (left, right), (sign.start, sign.end), (left.span[0], right.span[1]))

    def p_expression_arithmetic(self, p: Any) -> None:
        """
        expression : expression MOD    expression
                           | expression MUL    expression
                           | expression FDIV   expression
                           | expression TDIV   expression
                           | expression POW    expression
        """
        p[0] = _infix(p)

    def p_expression_add(self, p: Any) -> None:
        """
        expression : expression ADD    expression
        """
        p[0] = _infix(p)

    def p_expression_sub(self, p: Any) -> None:
        """
        expression : expression SUB    expression
        """
        p[0] = _infix(p)

    def p_expression_contains(self, p: Any) -> None:
        """
        expression : expression IN     expression
                           | expression NOT IN expression
        """
        member, container = p[1], p[len(p) - 1]
        span: Span = (member.span[0], container.span[1])
        found = Infix("in", member, container, span)
        p[0] = found if len(p) == 4 else Prefix("not", found, span)

    def p_expression_comparison(self, p: Any) -> None:
        """
        expression : expression EQ     expression
                           | expression NE     expression
        """
        p[0] = _infix(p)

    def p_expression_arithmetic_comparison(self, p: Any) -> None:
        """
        expression : expression GT     expression
                           | expression GE     expression
                           | expression LT     expression
                           | expression LE     expression
        """
        p[0] = _infix(p)

    def p_expression_fuzzy_comparison(self, p: Any) -> None:
        """
        expression : expression EQ_FZM expression
                           | expression EQ_FZS expression
                           | expression NE_FZM expression
                           | expression NE_FZS expression
        """
        found = _infix(p)
        if found.op in NEGATED:
            positive = Infix(NEGATED[found.op], found.left, found.right, found.span)
            p[0] = Prefix("not", positive, found.span)
        else:
            p[0] = found

    def p_expression_logic(self, p: Any) -> None:
        """
        expression : expression AND    expression
                           | expression OR     expression
        """
        p[0] = _infix(p)

    def p_expression_group(self, p: Any) -> None:
        "object : LPAREN expression RPAREN"
        inner, span = p[2], (p[1].start, p[3].end)
        if isinstance(inner, Word):  # its span says where the name stands
            p[0] = inner
            return
        fields = {name: getattr(inner, name) for name in inner.__slots__}
        p[0] = type(inner)(**{**fields, "span": span})

    def p_expression_negate(self, p: Any) -> None:
        "expression : NOT expression"
        p[0] = Prefix("not", p[2], (p[1].start, p[2].span[1]))

    def p_expression_symbol(self, p: Any) -> None:
        "object : SYMBOL"
        name, span = p[1].content, (p[1].start, p[1].end)
        p[0] = Invoke(str(name), (), span, span) if isinstance(name, Bare) else Word(name, span)

    def p_expression_uminus(self, p: Any) -> None:
        "expression : SUB expression %prec UMINUS"
        p[0] = Prefix("neg", p[2], (p[1].start, p[2].span[1]))

    def p_expression_boolean(self, p: Any) -> None:
        """
        expression : TRUE
                           | FALSE
        """
        p[0] = Literal(p[1].content, Kind.BOOL, (p[1].start, p[1].end))

    def p_expression_timedelta(self, p: Any) -> None:
        "object : TIMEDELTA"
        p[0] = Literal(p[1].content, Kind.DURATION, (p[1].start, p[1].end))

    def p_expression_float(self, p: Any) -> None:
        """
        expression : FLOAT
                           | FLOAT_NAN
                           | FLOAT_INF
        """
        p[0] = Literal(p[1].content, Kind.NUMBER, (p[1].start, p[1].end))

    def p_expression_null(self, p: Any) -> None:
        "object : NULL"
        p[0] = Literal(None, Kind.ANY, (p[1].start, p[1].end))

    def p_expression_string(self, p: Any) -> None:
        "object : STRING"
        p[0] = Literal(p[1].content, Kind.TEXT, (p[1].start, p[1].end))

    def p_expression_array(self, p: Any) -> None:
        """
        object : LBRACKET RBRACKET
                   | LBRACKET ary_members RBRACKET
                   | LBRACKET ary_members COMMA RBRACKET
        """
        items = tuple(p[2]) if len(p) > 3 else ()
        p[0] = Several(items, (p[1].start, p[len(p) - 1].end))

    def p_expression_getitem(self, p: Any) -> None:
        """
        object : object LBRACKET expression RBRACKET
        """
        _refuse(p, "用下标取值")

    def p_expression_getslice(self, p: Any) -> None:
        """
        object : object LBRACKET COLON RBRACKET
               | object LBRACKET COLON expression RBRACKET
               | object LBRACKET expression COLON RBRACKET
               | object LBRACKET expression COLON expression RBRACKET
        """
        _refuse(p, "用下标取值")

    def p_expression_function_call(self, p: Any) -> None:
        """
        object : expression LPAREN RPAREN
               | expression LPAREN ary_members RPAREN
        """
        called, arguments = p[1], tuple(p[3]) if len(p) == 5 else ()
        span = (called.span[0], p[len(p) - 1].end)
        if isinstance(called, Word):
            p[0] = Invoke(called.name, arguments, called.span, span)
        elif isinstance(called, Invoke) and called.span == called.name_span and not arguments:
            p[0] = Invoke(called.name, (), called.span, span)
        else:
            raise ExpressionError("括号前面不是函数名，可能少了运算符", p[2].start, 1)
