"""A form as data: fields, checks, serial number, title. Loads from YAML; design.md section 6 shows one.

Texts of expressions are kept as written; `core/forms/schema.py` turns labels into keys and compiles them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from core.forms.fields import KINDS
from core.forms.fields.text import compiled
from core.forms.wording import WORDS

KEY = r"^[a-z][a-z0-9_]{0,39}$"
# System columns, and names that rule_engine gives a meaning of its own (attributes win over keys there).
RESERVED = frozenset(
    """
    id number title version state form_version created_at created_by updated_at updated_by owner department
    effective_at voided_at deleted_at record_id pos instance_id length keys values is_empty to_str to_flt to_int
    to_ary to_set date day select from where order group and or not
    """.split()  # noqa: SIM905  (a list of forty strings reads worse)
)


SEQUENCE = re.compile(r"\{seq(:\d{1,2})?\}")
MOST_ROWS = 1000
# 查询("价目表", …) in a text that JSON has quoted
QUERY = re.compile(r"""(?:查询|[Vv]?LOOKUP|[Vv]?lookup)\s*[(（]\s*(?:\\"|[“'‘＂])([^"”'’＂\\]{1,40})""")
_PROPERTY_NAMES = {"copy": "copy_down"}


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy that works out anew what the original has remembered of itself."""
        found = super().model_copy(update=update, deep=deep)
        for name in [name for name in vars(found) if name not in type(self).model_fields]:
            del vars(found)[name]
        return found


class OptionDef(Strict):
    """One choice; written as plain text when value and text are the same."""

    value: str = Field(min_length=1, max_length=60)
    text: str = ""
    color: str = ""
    help: str = ""
    score: Decimal | None = None
    off: bool = Field(default=False, description="no longer offered; records that have it keep it")
    alone: bool = Field(default=False, description="cannot be chosen together with another one")
    words: tuple[str, ...] = Field(default=(), max_length=30, description="other words for it in chat")

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"value": str(value), "text": str(value)} if not isinstance(value, dict) else value

    @property
    def shown(self) -> str:
        """What people read."""
        return self.text or self.value


class AmongDef(Strict):
    """Whom a member field takes: holders of roles, people of departments and those below."""

    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


class FillDef(Strict):
    """数据联动: a query of another form that fills this field, its options, or a whole sub-table.

    where  field of the other form (`id`: the record itself) → field of this form (or of this row), or `=expression`
    take   the other form's field whose value is taken; for a sub-table `rows`: own column → other field
    """

    form: str
    where: dict[str, str] = Field(default_factory=dict)
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    take: str = ""
    rows: dict[str, str] = Field(default_factory=dict)
    order: str = Field(default="", description="field of the other form, `-` before it: largest first")
    limit: int = Field(default=200, ge=1, le=500)


class PickDef(Strict):
    """选择数据: records of another form that are picked and copied down; own column → other field."""

    form: str
    columns: dict[str, str] = Field(min_length=1)
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    many: bool = True


class UrlDefault(Strict):
    """A default that the address of the page gives: `/m/form?名=…`."""

    url: str = Field(min_length=1, max_length=40, pattern=r"^[^\s?&#=/%+]+$")


class FieldDef(Strict):
    """One field. Which properties are legal depends on `type`: the registry in core/forms/fields knows."""

    key: str = Field(pattern=KEY)
    label: str = Field(min_length=1, max_length=40)
    type: str
    required: bool = False
    readonly: bool = False
    default: str | int | Decimal | bool | UrlDefault | None = None
    formula: str | None = None
    required_if: str | None = None
    visible_if: str | None = None
    readonly_if: str | None = None
    when_hidden: Literal["blank", "keep", "recompute"] = "blank"
    help: str = ""
    placeholder: str = ""
    width: Literal["full", "half", "third"] | None = Field(
        default=None, description="how much of a line it takes where there is room"
    )
    unique: bool = False
    fill_from: FillDef | None = None
    source: str = Field(
        default="",
        validation_alias=AliasChoices("from", "source"),
        description="field whose values it takes over",
    )
    # text
    max: Decimal | None = None
    min_length: int = Field(default=0, ge=0, le=10_000)
    pattern: str = Field(default="", max_length=500)
    pattern_say: str = ""
    mask: str = Field(default="", max_length=100)
    lines: int = Field(default=1, ge=1, le=20)
    scan: bool = Field(default=False, description="may be filled by scanning a code")
    # number, money
    min: Decimal | None = None
    decimals: int | None = Field(default=None, ge=0, le=10)
    unit: str = ""
    rounding: Literal["refuse", "half_up", "down", "up"] = "refuse"
    thousands: bool = True
    currency: Literal["CNY", "USD", "EUR", "HKD", "JPY", "GBP"] = "CNY"
    capital: bool = Field(default=False, description="大写 is shown below")
    # time, datetime, ranges
    step: int = Field(default=1, ge=1, le=60, description="minutes")
    span_unit: Literal["days", "workdays", "hours", "workhours"] = "days"
    # select, multi_select
    options: tuple[OptionDef, ...] = Field(default=(), max_length=1000)
    option_set: str = Field(default="", description="key of a shared option set")
    options_from: FillDef | None = None
    other: bool = False
    style: Literal["dropdown", "radio"] = "dropdown"
    min_items: int = Field(default=0, ge=0, le=500)
    max_items: int = Field(default=200, ge=1, le=500)
    # members
    among: AmongDef | None = None
    # address
    detail: bool = True
    # section
    collapsed: bool = False
    # barcode
    code: Literal["qr", "code128", "ean13"] = "qr"
    # serial
    rule: str = ""
    # link
    to: str = Field(default="", description="key of the linked form")
    create: bool = Field(default=False, description="a new linked record may be made on the spot")
    copy_down: dict[str, str] = Field(
        default_factory=dict, validation_alias=AliasChoices("copy", "copy_down")
    )
    columns: tuple[str, ...] = Field(default=(), max_length=8)
    # lookup, rollup, backlinks
    via: str = Field(default="", description="link field of this form")
    take: str = ""
    live: bool = True
    of: str = Field(default="", description="form whose records are gathered")
    by: str = Field(default="", description="its link field that points here")
    agg: Literal["sum", "count", "avg", "min", "max"] | None = None
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    target: FieldDef | None = Field(default=None, exclude=True, description="set by resolve: what is taken")
    # attachment
    accept: tuple[str, ...] = ()
    max_files: int = Field(default=9, ge=1, le=50)
    max_size: int = Field(default=10, ge=1, le=100, description="MB for each file")
    rename: str = Field(default="", max_length=120, description="how new files are called: {编号}-{序号}")
    # sub-table
    fields: tuple[FieldDef, ...] = ()
    rows: tuple[int, int] = (0, 200)
    pick: PickDef | None = None

    @field_validator("label")
    @classmethod
    def _label(cls, value: str) -> str:
        if re.search(r"[【】{}\n]", value):
            raise ValueError("字段名称不能含有 【 】 { } 或换行")
        return value

    @model_validator(mode="after")
    def _fits_kind(self) -> FieldDef:
        kind = KINDS.get(self.type)
        if kind is None:
            raise ValueError(f"没有「{self.type}」这种字段类型，可用：{'、'.join(KINDS)}")
        if self.key in RESERVED or self.key.startswith("_"):
            raise ValueError(f"「{self.key}」是系统保留名，请换一个字段 key")
        always = {
            "key",
            "label",
            "type",
            "required",
            "readonly",
            "help",
            "placeholder",
            "visible_if",
            "required_if",
            "readonly_if",
            "when_hidden",
        }
        if kind.layout:
            always -= {"required", "required_if", "readonly", "readonly_if", "when_hidden"}
        elif not kind.computed:
            always |= {"fill_from", "source"}
        if not kind.own_line:
            always.add("width")
        properties = {_PROPERTY_NAMES.get(one, one) for one in kind.properties}
        extra = sorted(set(self.model_fields_set) - always - properties)
        if extra:
            names = {"condition": "if", "source": "from", "copy_down": "copy"}
            raise ValueError(f"{kind.title}字段不能写 {'、'.join(names.get(one, one) for one in extra)}")
        missing = [name for name in kind.needs if not getattr(self, name)]
        if missing:
            wanted = "、".join(f"{name}（{WORDS[name][0]}）" for name in missing)
            raise ValueError(f"{kind.title}字段要写 {wanted}")
        self._fits()
        return self

    def _fits(self) -> None:
        if self.type in ("select", "multi_select") and not (
            self.options or self.option_set or self.options_from or self.other
        ):
            raise ValueError(f"{KINDS[self.type].title}字段要写 options（或 option_set、options_from）")
        if self.options and self.option_set:
            raise ValueError("options 和 option_set 只能写一个")
        values = [one.value for one in self.options]
        if len(set(values)) < len(values):
            raise ValueError("选项重复")
        if self.pattern:
            try:
                compiled(self.pattern)
            except Exception as error:  # noqa: BLE001  re2 raises its own kinds
                raise ValueError(f"正则写法不对：{error}") from None
        if self.type == "serial" and not SEQUENCE.search(self.rule):
            raise ValueError("流水号规则要有 {seq:位数}，例如 HT-{yyyy}-{seq:4}")
        if self.type == "rollup" and self.agg != "count" and not self.take:
            raise ValueError("汇总字段要写 take（count 除外）")
        if any(isinstance(one.default, UrlDefault) for one in self.fields):
            raise ValueError("子表的列不能由网址填写")
        if any(one.width for one in self.fields):
            raise ValueError("子表的列不能写 width，占几分之一行写在子表外的字段上")
        if self.rows[0] > self.rows[1] or self.rows[1] > MOST_ROWS:
            raise ValueError(f"rows 要写成 [最少, 最多]，最多 {MOST_ROWS} 行")
        if self.min_items > self.max_items:
            raise ValueError("min_items 不能大于 max_items")

    @property
    def base(self) -> FieldDef:
        """What its values are like: the field a lookup takes, else itself."""
        return self.target or self

    @property
    def stored(self) -> bool:
        """It has a column or table of its own."""
        return KINDS[self.type].stored and not (self.type == "lookup" and self.live)

    @property
    def computed(self) -> bool:
        """The server fills it."""
        return self.formula is not None or KINDS[self.type].computed

    @property
    def layout(self) -> bool:
        """It has no value."""
        return KINDS[self.type].layout

    @property
    def scale(self) -> int:
        """Decimals kept by number and money."""
        if self.decimals is not None:
            return self.decimals
        if self.target is not None:
            return self.target.scale
        return 2 if self.type in ("money", "number", "date_range", "datetime_range") else 0

    def child(self, key: str) -> FieldDef | None:
        """A column of a sub-table."""
        return next((one for one in self.fields if one.key == key), None)


class CheckDef(Strict):
    """A cross-field check: when the condition is true, the sentence is said (and the save refused)."""

    condition: str = Field(validation_alias=AliasChoices("if", "condition"))
    say: str = Field(min_length=1)
    level: Literal["block", "warn"] = "block"
    at: str = Field(default="", description="field at which it is said")


class AgainstDef(Strict):
    """A number asked of another form while saving: sum, count, max … of `take` where its fields equal ours.

    where  field of the other form (may be `items.product`) → field of this form or of this row
    """

    agg: Literal["sum", "count", "min", "max"] = "sum"
    of: str
    take: str = ""
    where: dict[str, str] = Field(default_factory=dict)
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))


class GuardDef(Strict):
    """A check against other forms, made inside the saving transaction, after the record itself was written.

    each   a sub-table: asked for each of its rows; the numbers count this record too
    lock   fields (of the row or record) whose equal values queue up: two savings of one product never overlap
    """

    each: str = ""
    ask: dict[str, AgainstDef] = Field(min_length=1, max_length=8)
    lock: tuple[str, ...] = Field(min_length=1, max_length=4)
    condition: str = Field(validation_alias=AliasChoices("if", "condition"))
    say: str = Field(min_length=1)


class UniqueDef(Strict):
    """Several fields that together occur once, perhaps only among records that fulfil a condition."""

    fields: tuple[str, ...] = Field(min_length=1, max_length=6)
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    say: str = ""


class ButtonDef(Strict):
    """A custom button on a record: sets fields, asks for some, opens another form, starts the flow, or voids."""

    key: str = Field(pattern=KEY)
    text: str = Field(min_length=1, max_length=10)
    style: Literal["normal", "primary", "danger"] = "normal"
    confirm: str = ""
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))
    roles: tuple[str, ...] = Field(default=(), description="who may press it; empty: whoever sees the record")
    ask: tuple[str, ...] = Field(default=(), description="fields to fill")
    target: str = Field(default="", description="a link field: `set` changes the record behind it, not this")
    put: dict[str, str | int | bool | None] = Field(
        default_factory=dict, validation_alias=AliasChoices("set", "put")
    )
    create: str = Field(default="", description="form that is opened, with `map` laid in")
    map: dict[str, str] = Field(default_factory=dict, description="field of that form → field here, or 本单")
    start: bool = Field(default=False, description="start the form's flow")


class PrintDef(Strict):
    """A printed sheet: HTML with {字段}, {#子表} … {/子表}, {审批记录}, {二维码}, {大写:字段}."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=40)
    html: str = Field(min_length=1, max_length=100_000)
    page: Literal["A4", "A5", "A4 landscape"] = "A4"
    condition: str | None = Field(default=None, validation_alias=AliasChoices("if", "condition"))


class Form(Strict):
    """A form."""

    form: str = Field(pattern=KEY)
    title: str = Field(min_length=1, max_length=40)
    words: tuple[str, ...] = Field(default=(), description="chat words that open the form")
    number: str = "{seq:6}"
    summary: str = ""
    hidden: bool = Field(default=False, description="not offered in chat")
    fields: tuple[FieldDef, ...] = Field(min_length=1, max_length=300)
    checks: tuple[CheckDef, ...] = ()
    guards: tuple[GuardDef, ...] = ()
    unique: tuple[UniqueDef, ...] = ()
    buttons: tuple[ButtonDef, ...] = Field(default=(), max_length=12)
    prints: tuple[PrintDef, ...] = Field(default=(), max_length=12)
    effective: Literal["saved", "approved", "manual"] = Field(
        default="approved", description="when a record takes effect; without a flow: when saved"
    )

    @field_validator("number")
    @classmethod
    def _number(cls, value: str) -> str:
        if not SEQUENCE.search(value):
            raise ValueError("流水号规则要有 {seq:位数}，例如 BX-{yyyyMM}-{seq:4}")
        return value

    @model_validator(mode="after")
    def _distinct(self) -> Form:
        for scope in (self.fields, *(one.fields for one in self.fields)):
            for name in ("key", "label"):
                values = [getattr(one, name) for one in scope]
                twice = sorted({one for one in values if values.count(one) > 1})
                if twice:
                    raise ValueError(f"字段{'名称' if name == 'label' else ' key '}重复：{'、'.join(twice)}")
        return self

    def __hash__(self) -> int:
        return self.fingerprint

    @cached_property
    def fingerprint(self) -> int:
        """A hash of its shape, worked out once: tables and compiled forms are cached by it."""
        return hash((self.form, self.number, *((path, one.label, one.type) for path, one in self.walk())))

    @cached_property
    def queried(self) -> frozenset[str]:
        """The forms that its expressions ask with 查询, by key or title, as they are written."""
        return frozenset(QUERY.findall(self.model_dump_json()))

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.form

    def field(self, key: str) -> FieldDef | None:
        """A top-level field."""
        return self._by_key.get(key)

    def by_label(self, label: str) -> FieldDef | None:
        """A top-level field by its label or key; the first one where two would do."""
        return self._by_name.get(label)

    @cached_property
    def _by_key(self) -> dict[str, FieldDef]:
        return {one.key: one for one in reversed(self.fields)}

    @cached_property
    def _by_name(self) -> dict[str, FieldDef]:
        return {name: one for one in reversed(self.fields) for name in (one.label, one.key)}

    @cached_property
    def references(self) -> tuple[FieldDef, ...]:
        """The top-level fields whose values name other records, or rows that may."""
        return tuple(
            one for one in self.fields if one.base.type in ("link", "links", "backlinks", "subtable")
        )

    @cached_property
    def valued(self) -> tuple[FieldDef, ...]:
        """The top-level fields that have a value."""
        return tuple(one for one in self.fields if not one.layout)

    @property
    def subtables(self) -> tuple[FieldDef, ...]:
        """The fields that are sub-tables."""
        return tuple(one for one in self.fields if one.type == "subtable")

    def walk(self) -> Iterator[tuple[str, FieldDef]]:
        """Every field with its path (`items.amount`)."""
        for one in self.fields:
            yield one.key, one
            for child in one.fields:
                yield f"{one.key}.{child.key}", child


FieldDef.model_rebuild()
