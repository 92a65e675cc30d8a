"""People, departments and roles of the company: one or several, perhaps only some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.expressions import Kind
from core.forms.fields.base import FieldKind, Names, Reading, WrongValue, items_of, same
from core.people import Directory

if TYPE_CHECKING:
    from core.forms.definition import FieldDef


def read(field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The person's id; a name is understood when only one person has it."""
    if not isinstance(raw, str):
        raise WrongValue("请选择一位同事")
    text = raw.strip()
    return _person(field, text, reading.people) if text else None


def _person(field: FieldDef, text: str, people: Directory) -> str:
    found = people.find(text)
    allowed = [one for one in found if may_be(field, one.id, people)]
    if len(allowed) == 1:
        return allowed[0].id
    if allowed:
        raise WrongValue(f"有 {len(allowed)} 位「{text[:20]}」，请从列表里选")
    if found:
        raise WrongValue(f"「{text[:20]}」不在可选范围内")
    raise WrongValue(f"通讯录里没有「{text[:20]}」")


def may_be(field: FieldDef, person: str, people: Directory) -> bool:
    """Whether a person is among those whom the field takes."""
    among = field.among
    if among is None:
        return True
    if any(people.holds(person, role) for role in among.roles):
        return True
    found = people.get(person)
    wanted = {id_ for name in among.departments if (id_ := department_id(people, name))}
    return found is not None and bool(wanted & set(departments_up(people, found.department)))


def departments_up(people: Directory, department: str | None) -> list[str]:
    """A department and those above it."""
    found: list[str] = []
    while department and department not in found:
        found.append(department)
        one = people.departments.get(department)
        department = one.parent if one else None
    return found


def department_id(people: Directory, text: str) -> str | None:
    """The department of that id or name; None when there is none or more than one."""
    if text in people.departments:
        return text
    found = [one.id for one in people.departments.values() if one.name == text]
    return found[0] if len(found) == 1 else None


def show(_field: FieldDef, value: Any, names: Names) -> str:
    """The person's name."""
    person = names.people.get(value)
    return person.name if person else str(value)


def read_several(field: FieldDef, raw: Any, reading: Reading) -> list[str] | None:
    """The ids of the people, each once."""
    items = items_of(field, raw, "同事")
    if not all(isinstance(one, str) for one in items):
        raise WrongValue("请选择同事")
    return list(dict.fromkeys(_person(field, one.strip(), reading.people) for one in items)) or None


def show_several(field: FieldDef, value: Any, names: Names) -> str:
    """Their names."""
    return "、".join(show(field, one, names) for one in value)


def read_department(_field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The department's id; its name is understood."""
    if not isinstance(raw, str):
        raise WrongValue("请选择部门")
    text = raw.strip()
    if not text:
        return None
    found = department_id(reading.people, text)
    if found is None:
        raise WrongValue(f"没有「{text[:20]}」这个部门，或者不止一个")
    return found


def show_department(_field: FieldDef, value: Any, names: Names) -> str:
    """The department's name."""
    found = names.people.departments.get(value)
    return found.name if found else str(value)


def read_departments(field: FieldDef, raw: Any, reading: Reading) -> list[str] | None:
    """The ids of the departments, each once."""
    found = [read_department(field, one, reading) for one in items_of(field, raw, "部门")]
    return list(dict.fromkeys(one for one in found if one)) or None


def show_departments(field: FieldDef, value: Any, names: Names) -> str:
    """Their names."""
    return "、".join(show_department(field, one, names) for one in value)


def read_role(_field: FieldDef, raw: Any, reading: Reading) -> str | None:
    """The role's id; its name is understood."""
    if not isinstance(raw, str):
        raise WrongValue("请选择角色")
    text = raw.strip()
    if not text:
        return None
    found = next((one.id for one in reading.people.roles.values() if text in (one.id, one.name)), None)
    if found is None:
        raise WrongValue(f"没有「{text[:20]}」这个角色")
    return found


def show_role(_field: FieldDef, value: Any, names: Names) -> str:
    """The role's name."""
    found = names.people.roles.get(value)
    return found.name if found else str(value)


_LIMITS = ("min_items", "max_items")
MEMBER = FieldKind(
    "member",
    "成员",
    Kind.TEXT,
    ("default", "among", "unique"),
    read,
    show,
    same,
    checks="在职、不重名、可选范围（角色、部门）",
    group="人员与部门",
    icon="人",
    help="一位同事",
)
MEMBERS = FieldKind(
    "members",
    "成员（多选）",
    Kind.LIST,
    ("among", *_LIMITS),
    read_several,
    show_several,
    same,
    elements=Kind.TEXT,
    checks="在职、可选范围、人数上下限",
    group="人员与部门",
    icon="众",
    help="几位同事",
)
DEPARTMENT = FieldKind(
    "department",
    "部门",
    Kind.TEXT,
    ("default",),
    read_department,
    show_department,
    same,
    checks="部门存在",
    group="人员与部门",
    icon="部",
    help="一个部门",
)
DEPARTMENTS = FieldKind(
    "departments",
    "部门（多选）",
    Kind.LIST,
    _LIMITS,
    read_departments,
    show_departments,
    same,
    elements=Kind.TEXT,
    checks="部门存在、个数上下限",
    group="人员与部门",
    icon="部+",
    help="几个部门",
)
ROLE = FieldKind(
    "role",
    "角色",
    Kind.TEXT,
    ("default",),
    read_role,
    show_role,
    same,
    checks="角色存在",
    group="人员与部门",
    icon="角",
    help="一个角色",
)
