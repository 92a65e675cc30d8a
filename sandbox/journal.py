"""What survives a restart of the sandbox: an append-only file of JSON lines, last line of a thing wins."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


class Journal:
    """With no folder nothing is written and nothing is read."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "sandbox.jsonl" if folder else None
        self._file: TextIO | None = None

    def write(self, kind: str, row: dict[str, Any]) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
        self._file.write(json.dumps({"kind": kind, "row": row}, ensure_ascii=False) + "\n")

    def read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(kind, row) in the order of writing; a last line cut off by a crash is left out."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                yield entry["kind"], entry["row"]

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
