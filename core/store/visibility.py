"""Who sees which records, as one filter at the query (decision D8): used by lists, counts, charts and single reads.

A person sees what they made, what they are or were asked about, what was copied to them, and what names them
in a member field. Administrators see everything.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select

from core.forms.definition import Form
from core.forms.storage import tables_of
from core.people import Directory
from core.tables import card, instance, task


def visible(form: Form, person: str, people: Directory) -> list[ColumnElement[bool]]:
    """Conditions on the form's table; empty when the person sees every record."""
    if person == "system" or people.holds(person, "admin"):
        return []
    main = tables_of(form).main
    asked = (
        select(instance.c.record_id)
        .join(task, task.c.instance_id == instance.c.id)
        .where(task.c.assignee == person, instance.c.form == form.key)
    )
    copied = (
        select(instance.c.record_id)
        .join(card, (card.c.subject_kind == "copy") & (card.c.subject_id == instance.c.id))
        .where(card.c.person == person, instance.c.form == form.key)
    )
    named = [main.c[one.key] == person for one in form.fields if one.type == "member"]
    return [or_(main.c.created_by == person, main.c.id.in_(asked), main.c.id.in_(copied), *named)]
