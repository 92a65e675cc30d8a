"""What a function of the language is: its name, parameters, help and a worked example."""

from dataclasses import dataclass

from core.expressions.values import Kind


@dataclass(frozen=True)
class Parameter:
    """One parameter. `kinds`: what it takes, the first is the wish; `repeat`: any number more of the last."""

    name: str
    kinds: tuple[Kind, ...]
    optional: bool = False
    repeat: bool = False


@dataclass(frozen=True)
class Function:
    """One function.

    result   None where it depends on the arguments        rule     how calls.py checks the arguments
    nulls    it sees null arguments itself; the others answer null to a null
    scoped   its code takes the Scope first                 sql      it has an SQL twin
    browser  the browser's interpreter knows it
    example, answer  both are expressions; a test compares them
    """

    name: str
    aliases: tuple[str, ...]
    group: str
    parameters: tuple[Parameter, ...]
    result: Kind | None
    help: str
    example: str
    answer: str
    rule: str = "plain"
    nulls: bool = False
    scoped: bool = False
    sql: bool = False
    browser: bool = True

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(1 for parameter in self.parameters if not parameter.optional)

    @property
    def most(self) -> int | None:
        """How many it takes; None: any number."""
        return None if any(p.repeat for p in self.parameters) else len(self.parameters)

    @property
    def usage(self) -> str:
        """`IF(条件, 成立时, 否则)`, optional ones in brackets."""
        shown = [f"[{p.name}]" if p.optional else p.name + ("…" if p.repeat else "") for p in self.parameters]
        return f"{self.name}({', '.join(shown)})"
