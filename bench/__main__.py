"""`python -m bench [--rounds N] [flow report]`: ratios side by side in one run."""

from __future__ import annotations

import argparse

from bench import flow, report
from bench.rounds import measure, table

SCENARIOS = {
    "flow": ("durable approvals", "approval", flow.contenders),
    "report": ("chart images", "image", report.contenders),
}


def main() -> None:
    """Run the scenarios that were named, or all."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], default=[])
    given.add_argument("--rounds", type=int, default=5)
    options = given.parse_args()
    tables = []
    for name in options.scenario or SCENARIOS:
        title, unit, make = SCENARIOS[name]
        print(title, flush=True)
        found, alive = make()
        measure(found, options.rounds)
        tables.append(table(title, unit, found))
        del alive
    print("\n".join(tables))


if __name__ == "__main__":
    main()
