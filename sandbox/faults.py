"""The knobs: what goes wrong on purpose, for each platform, with dice that can be started again."""

import random
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.people import Platform


@dataclass
class Faults:
    """Rates are 0..1, times as named; meaning of each: docs/sandbox.md section 3."""

    slow_ms: int = 0
    error_rate: float = 0.0
    busy_rate: float = 0.0
    drop_rate: float = 0.0
    duplicate_rate: float = 0.0
    slow_push_ms: int = 0
    zombie: bool = False
    down: bool = False
    qps: int = 20
    per_minute: int = 30
    redeliver_seconds: float = 60.0
    callback_seconds: float = 2.0


DEFAULT = {Platform.DINGTALK: Faults(), Platform.WECOM: Faults(callback_seconds=5.0)}


class Dice:
    """One seeded source of chance for the whole sandbox."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def falls(self, rate: float) -> bool:
        return rate > 0 and self.random.random() < rate

    def restart(self, seed: int) -> None:
        self.seed = seed
        self.random.seed(seed)


def defaults(platform: Platform) -> Faults:
    return Faults(**asdict(DEFAULT[platform]))


def change(faults: Faults, wanted: dict[str, Any]) -> None:
    """Set the named knobs. Raises ValueError for a value of the wrong kind."""
    for knob in fields(Faults):
        if knob.name not in wanted:
            continue
        value, now = wanted[knob.name], getattr(faults, knob.name)
        if isinstance(now, bool) != isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{knob.name} 的值不对:{value!r}")
        setattr(faults, knob.name, type(now)(value))
