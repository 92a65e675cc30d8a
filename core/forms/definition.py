"""A form as data: fields, checks, serial number, title. Loads from YAML; design.md section 6 shows one.

Texts of expressions are kept as written; `core/forms/schema.py` turns labels into keys and compiles them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from core.forms.fields import KINDS

KEY = r"^[a-z][a-z0-9_]{0,39}$"
# System columns, and names that rule_engine gives a meaning of its own (attributes win over keys there).
RESERVED = frozenset(
    """
    id number title version state form_version created_at created_by updated_at updated_by owner department
    effective_at voided_at deleted_at record_id pos instance_id length keys values is_empty to_str to_flt to_int
    to_ary to_set date day select from where order group and or not
    """.split()  # noqa: SIM905  (a list of forty strings reads worse)
)


class Strict(BaseModel):
    """Frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class OptionDef(Strict):
    """One choice; written as plain text when value and text are the same."""

    value: str
    text: str = ""
    color: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"value": str(value), "text": str(value)} if not isinstance(value, dict) else value

    @property
    def shown(self) -> str:
        """What people read."""
        return self.text or self.value


class FieldDef(Strict):
    """One field. Which properties are legal depends on `type`: the registry in core/forms/fields knows."""

    key: str = Field(pattern=KEY)
    label: str = Field(min_length=1, max_length=40)
    type: str
    required: bool = False
    readonly: bool = False
    default: str | int | Decimal | bool | None = None
    formula: str | None = None
    required_if: str | None = None
    visible_if: str | None = None
    help: str = ""
    placeholder: str = ""
    # text
    max: Decimal | None = None
    lines: int = Field(default=1, ge=1, le=20)
    # number, money
    min: Decimal | None = None
    decimals: int | None = Field(default=None, ge=0, le=10)
    unit: str = ""
    # select
    options: tuple[OptionDef, ...] = ()
    # link
    to: str = Field(default="", description="key of the linked form")
    # attachment
    accept: tuple[str, ...] = ()
    max_files: int = Field(default=9, ge=1, le=50)
    max_size: int = Field(default=10, ge=1, le=100, description="MB for each file")
    # sub-table
    fields: tuple[FieldDef, ...] = ()
    rows: tuple[int, int] = (0, 200)

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
        }
        legal = always | set(kind.properties)
        extra = sorted(set(self.model_fields_set) - legal)
        if extra:
            raise ValueError(f"{kind.title}字段不能写 {'、'.join(extra)}")
        missing = [name for name in kind.needs if not getattr(self, name)]
        if missing:
            raise ValueError(f"{kind.title}字段要写 {'、'.join(missing)}")
        return self

    @property
    def scale(self) -> int:
        """Decimals kept by number and money."""
        if self.decimals is not None:
            return self.decimals
        return 2 if self.type in ("money", "number") else 0

    def child(self, key: str) -> FieldDef | None:
        """A column of a sub-table."""
        return next((one for one in self.fields if one.key == key), None)


class CheckDef(Strict):
    """A cross-field check: when the condition is true, the sentence is said (and the save refused)."""

    condition: str = Field(validation_alias=AliasChoices("if", "condition"))
    say: str = Field(min_length=1)
    level: Literal["block", "warn"] = "block"


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

    @field_validator("number")
    @classmethod
    def _number(cls, value: str) -> str:
        if not re.search(r"\{seq(:\d{1,2})?\}", value):
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

    @property
    def key(self) -> str:
        """The definition's key."""
        return self.form

    def field(self, key: str) -> FieldDef | None:
        """A top-level field."""
        return next((one for one in self.fields if one.key == key), None)

    def by_label(self, label: str) -> FieldDef | None:
        """A top-level field by its label or key."""
        return next((one for one in self.fields if label in (one.label, one.key)), None)

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
