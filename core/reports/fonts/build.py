"""Cuts the chart font from Noto Sans CJK; run by hand when the font or the character lists change.

    apt-get install fonts-noto-cjk unicode-data        (or unpack the two packages anywhere)
    python core/reports/fonts/build.py NotoSansCJK-Regular.ttc Unihan_OtherMappings.txt.bz2

Kept: all of GBK (21,003 ideographs and its symbols) and every character of 通用规范汉字表 (kTGH in Unihan:
the 8,105 characters for names since 2013, some of them outside GBK and outside the BMP, as 㛃 and 𬭎).
Left out: hints, vertical forms and layout features, none of which a chart uses.
Needs fontTools, which comes with matplotlib.
"""

from __future__ import annotations

import argparse
import bz2
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTCollection, TTFont  # type: ignore[import-untyped]

FAMILY = "Noto Sans CJK SC"
TARGET = Path(__file__).with_name("NotoSansCJKsc-GBK.otf")


def gbk() -> set[int]:
    """Every code point that GBK can write, ASCII included; its private-use holes are left out."""
    pairs = (bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF))
    text = "".join(pair.decode("gbk", "ignore") for pair in pairs)
    return {ord(char) for char in text} | set(range(0x20, 0x7F))


def name_characters(unihan: Path) -> set[int]:
    """通用规范汉字表, from the kTGH lines of Unihan_OtherMappings (`U+3400<tab>kTGH<tab>2013:6510`)."""
    raw = unihan.read_bytes()
    text = (bz2.decompress(raw) if unihan.suffix == ".bz2" else raw).decode()
    rows = (line.split("\t") for line in text.splitlines() if "\tkTGH\t" in line)
    return {int(row[0].removeprefix("U+"), 16) for row in rows}


def simplified(collection: Path) -> TTFont:
    """The face with the mainland Chinese glyph shapes."""
    for font in TTCollection(collection).fonts:
        if font["name"].getDebugName(1) == FAMILY:
            return font
    raise SystemExit(f"{collection} has no face named {FAMILY}")


def cut(font: TTFont, wanted: set[int]) -> None:
    """Drops every glyph that no wanted character uses, in place."""
    options = Options(layout_features=["kern"], hinting=False, notdef_outline=True, name_IDs=["*"])
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)


def main() -> None:
    """Writes the subset beside this file and says how large it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collection", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("unihan", type=Path, help="Unihan_OtherMappings.txt or .txt.bz2")
    chosen = parser.parse_args()
    font = simplified(chosen.collection)
    cut(font, gbk() | name_characters(chosen.unihan) | {ord(char) for char in "€¥©®°·–—…−²³×÷≈≤≥"})
    font.save(TARGET)
    sys.stdout.write(
        f"{TARGET.name}: {len(font.getBestCmap())} characters, {TARGET.stat().st_size:,} bytes\n"
    )


if __name__ == "__main__":
    main()
