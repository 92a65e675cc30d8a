"""How many random runs: `--flow-runs N`."""

from __future__ import annotations

import pytest

CI_RUNS = 1200


@pytest.fixture
def flow_runs(request: pytest.FixtureRequest) -> int:
    """The number of random runs of a property test."""
    return int(request.config.getoption("--flow-runs", default=CI_RUNS) or CI_RUNS)
