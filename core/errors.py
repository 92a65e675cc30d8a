"""What can go wrong, as people are told it.

    UserError                 the person asked for something that cannot be; the text is shown as it is
     ├── Invalid              the values are wrong; `problems` says where and what, all at once
     ├── NotAllowed           this person may not do this
     ├── NotFound             not there, or not for this person: the same answer for both
     └── Conflict             somebody else was faster; the text says who did what and when
    Misconfigured             a setting is missing or wrong: the process says so and ends with 1

Anything else that is raised is a bug and goes to the log.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where (a path as in `items.2.amount`, or `file:line path`) and what, as a sentence.

    level  "warn": told, but nothing is refused because of it
    """

    path: str
    message: str
    level: str = "error"


class UserError(Exception):
    """Shown to the person who asked; `code` is stable for programs."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class Invalid(UserError):
    """Values that do not fit their definition; every mistake at once."""

    def __init__(self, problems: tuple[Problem, ...], message: str = "") -> None:
        super().__init__("invalid", message or "；".join(one.message for one in problems))
        self.problems = problems


class NotAllowed(UserError):
    """The person may not do this."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("not_allowed", message, hint)


class NotFound(UserError):
    """Not there, or not for this person; both look the same from outside."""

    def __init__(self, message: str = "没有找到，或者您无权查看。") -> None:
        super().__init__("not_found", message)


class Conflict(UserError):
    """Someone else was faster."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("conflict", message, hint)


class Misconfigured(Exception):
    """A setting is missing or wrong; the message names it and the way to mend it."""
