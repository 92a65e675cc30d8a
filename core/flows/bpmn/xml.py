"""Text → checked XML: bounded, no DTD, so no entities that grow and none that read files."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from core.errors import UserError

LONGEST = 2_000_000
MOST_ELEMENTS = 20_000


def refused(message: str) -> UserError:
    """What an import is refused with."""
    return UserError("bpmn", message)


class _NoDoctype(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called when a DOCTYPE begins, before anything in it takes effect."""
        raise refused("BPMN 文件里不能有 DOCTYPE。")


def parse(text: str) -> ET.Element:
    """The root element. Raises UserError."""
    if len(text) > LONGEST:
        raise refused(f"文件太大，最多 {LONGEST // 1_000_000} MB。")
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314  (no DTD gets through: see _NoDoctype)
    try:
        parser.feed(text.encode("utf-8", "replace") if not text.startswith("<?xml") else _body(text))
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise refused(f"这不是完整的 XML：第 {line} 行第 {column + 1} 个字符处有错。") from None
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise refused(f"文件里的元素太多，最多 {MOST_ELEMENTS} 个。")
    return root


def _body(text: str) -> bytes:
    """The text without its XML declaration: it came as text, so what that says of the encoding is over."""
    end = text.find("?>")
    declaration = text[: end + 2] if end >= 0 else ""
    return ("\n" * declaration.count("\n") + text[len(declaration) :]).lstrip(" ").encode("utf-8", "replace")


def local(name: str) -> str:
    """A tag's or attribute's name without its namespace."""
    return name.rpartition("}")[2]
