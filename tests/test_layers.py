"""Who may import whom (style: imports point one way), read from the sources."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOPS = ("core", "bot", "connect", "admin", "sandbox")

# file or folder prefix → prefixes that it must not import
NEVER = {
    "core": ("bot", "connect", "admin", "sandbox"),
    "connect": ("bot", "admin", "sandbox"),
    "admin": ("bot.adapters", "bot.handlers", "bot.app", "bot.delivery", "bot.router", "sandbox"),
    "bot": ("sandbox",),
    "sandbox": ("core", "bot", "connect", "admin"),
    "bot/adapters": (
        "core",
        "bot.handlers",
        "bot.delivery",
        "bot.router",
        "bot.desk",
        "bot.app",
        "bot.views",
    ),
    "bot/handlers": ("bot.adapters", "bot.app", "bot.delivery", "aiohttp"),
    "bot/views.py": ("bot.adapters", "aiohttp", "core.store", "core.service"),
    "core/flows/engine.py": ("core.store", "core.service", "sqlalchemy"),
    "core/flows/state.py": ("core.store", "core.service", "sqlalchemy"),
    "core/forms/check.py": ("core.store", "core.service", "sqlalchemy"),
}
# a library → the only places that may import it
ONLY = {
    "sqlalchemy": (
        "core/tables.py",
        "core/columns.py",
        "core/store/",
        "core/migrations/",
        "core/expressions/",
        "core/forms/storage.py",
        "core/forms/recordreading.py",
        "core/forms/tables.py",
        "core/forms/gather.py",
        "core/forms/migrating.py",
        "core/rules/sweep.py",
        "core/reports/metrics.py",
        "core/queries/health.py",
    ),
    "rule_engine": ("core/expressions/",),
    "matplotlib": ("core/reports/",),
    "dingtalk_stream": ("bot/adapters/",),
    "wechatpy": ("bot/adapters/",),
    "apscheduler": ("bot/scheduler.py",),
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at any depth; typing-only imports too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def sources() -> dict[str, set[str]]:
    """Relative path → what it imports."""
    files = [one for top in TOPS for one in (ROOT / top).rglob("*.py") if "node_modules" not in one.parts]
    return {one.relative_to(ROOT).as_posix(): imports(one) for one in files}


def under(name: str, prefix: str) -> bool:
    """`bot.adapters.base` is under `bot` and `bot.adapters`."""
    return name == prefix or name.startswith(prefix + ".")


def test_imports_point_one_way():
    """core 不认识别人；适配器不认识业务；沙箱不认识我们。"""
    wrong = [
        f"{path} imports {name}"
        for path, names in sources().items()
        for place, banned in NEVER.items()
        if path == place or path.startswith(place.rstrip("/") + "/")
        for name in names
        if any(under(name, one) for one in banned)
    ]
    assert wrong == []


def test_libraries_stay_in_their_rooms():
    """一种库只在一处引入。"""
    wrong = [
        f"{path} imports {name}"
        for path, names in sources().items()
        if not path.startswith("sandbox/")
        for library, rooms in ONLY.items()
        for name in names
        if under(name, library) and not path.startswith(rooms)
    ]
    assert sorted(set(wrong)) == []


def test_core_never_waits():
    """core 里没有 await（图表的工作进程除外）。"""
    waits = [
        path
        for path in sources()
        if path.startswith("core/")
        and path != "core/reports/renderer.py"
        and any(
            isinstance(node, ast.Await)
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        )
    ]
    assert waits == []
