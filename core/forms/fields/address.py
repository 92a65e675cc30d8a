"""Province, city, district and street. Area codes and names: @vant/area-data 2.1 (MIT), core/forms/data/areas.json."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue

if TYPE_CHECKING:
    from core.forms.definition import FieldDef

AREAS = Path(__file__).parent.parent / "data" / "areas.json"
LONGEST = 200
_KEYS = ("code", "province", "city", "district", "detail")


@lru_cache(maxsize=1)
def areas() -> dict[str, str]:
    """Name by code of six digits: xx0000 province, xxxx00 city, else district."""
    found: dict[str, str] = json.loads(AREAS.read_text(encoding="utf-8"))
    return found


def read(field: FieldDef, raw: Any, _reading: Reading) -> dict[str, Any] | None:
    """{code, province, city, district, detail}; from a code, from names, or from one text with blanks."""
    if isinstance(raw, str):
        raw = _from_text(raw)
    if not isinstance(raw, dict) or set(raw) - set(_KEYS):
        raise WrongValue("应当是省、市、区和详细地址")
    if not all(isinstance(one, (str, type(None))) for one in raw.values()):
        raise WrongValue("应当是省、市、区和详细地址")
    detail = (raw.get("detail") or "").strip()
    if len(detail) > LONGEST:
        raise WrongValue(f"详细地址最多 {LONGEST} 个字")
    code = (raw.get("code") or "").strip() or _code(raw)
    if not code:
        if detail:
            raise WrongValue("请选择省、市、区")
        return None
    province, city, district = names_of(code)
    if detail and not field.detail:
        raise WrongValue("这里只要省、市、区")
    return {"code": code, "province": province, "city": city, "district": district, "detail": detail or None}


def names_of(code: str) -> tuple[str, str, str]:
    """Province, city and district of a code. Raises WrongValue."""
    found = areas().get(code)
    if found is None or code.endswith("00"):
        raise WrongValue("请选到区、县一级")
    return areas().get(f"{code[:2]}0000", ""), areas().get(f"{code[:4]}00", ""), found


@lru_cache(maxsize=1)
def _codes() -> dict[tuple[str, str, str], str]:
    return {names_of(code): code for code in areas() if not code.endswith("00")}


def _code(raw: dict[str, Any]) -> str:
    wanted = tuple((raw.get(one) or "").strip() for one in ("province", "city", "district"))
    if not any(wanted):
        return ""
    found = _codes().get((wanted[0], wanted[1], wanted[2]))
    if found is None:
        raise WrongValue(f"没有「{' '.join(filter(None, wanted))[:30]}」这个省市区")
    return found


def _from_text(text: str) -> dict[str, Any]:
    """广东省 深圳市 南山区 科技园 1 号; the city may be left out where it repeats the province."""
    words = text.split()
    if not words:
        return {}
    if len(words) >= 2 and (words[0], words[0], words[1]) in _codes():
        words.insert(1, words[0])
    if len(words) < 3:
        raise WrongValue("请写成：广东省 深圳市 南山区 详细地址（用空格隔开）")
    return dict(
        zip(("province", "city", "district", "detail"), [*words[:3], " ".join(words[3:])], strict=True)
    )


def show(_field: FieldDef, value: Any, _names: Names) -> str:
    """The parts, a municipality only once."""
    parts = [value["province"], value["city"], value["district"], value.get("detail")]
    return " ".join(dict.fromkeys(one for one in parts if one))


def plain(value: Any) -> Any:
    """Its parts."""
    return None if value is None else {key: value.get(key) for key in _KEYS}


ADDRESS = FieldKind(
    "address",
    "地址",
    Kind.RECORD,
    ("detail",),
    read,
    show,
    plain,
    parts=(
        ("code", "区划代码", Kind.TEXT),
        ("province", "省", Kind.TEXT),
        ("city", "市", Kind.TEXT),
        ("district", "区", Kind.TEXT),
        ("detail", "详细", Kind.TEXT),
    ),
    checks="省市区存在并选到区县、详细地址长度",
    group="联系与证件",
    icon="址",
    help="省市区和详细地址",
)
