"""Commands of operators: people, parked messages, incidents, plain messages."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from core.acting import Done
from core.commands import CloseIncident, ReplaceDirectory, RetryOutbox, RetryParked, TellPerson
from core.errors import NotFound
from core.events import DirectoryChanged
from core.people import Directory
from core.store.work import UnitOfWork


def replace_directory(uow: UnitOfWork, command: ReplaceDirectory) -> Done:
    """People, departments and roles as a whole."""
    directory = _with_contacts(cast("Directory", command.directory), uow.people)
    uow.directory_rows.replace(directory)
    _owners_left(uow, directory)
    event = DirectoryChanged("directory:", len(directory.people), len(directory.departments))
    return Done(f"通讯录已更新，共 {len(directory.people)} 人。", (event,))


def _with_contacts(new: Directory, old: Directory) -> Directory:
    """Addresses that an administrator typed stay where the new directory knows none."""
    people = {}
    for id_, person in new.people.items():
        before = old.people.get(id_, person)
        email, mobile = person.email or before.email, person.mobile or before.mobile
        people[id_] = replace(person, email=email, mobile=mobile)
    return replace(new, people=people)


def _owners_left(uow: UnitOfWork, directory: Directory) -> None:
    """Tasks of people who left wait for nobody: an administrator has to hand them over."""
    for person in directory.people.values():
        held = 0 if person.active else len(uow.instances.of_owner(person.id))
        if held:
            text = f"{person.called}已离职，手上还有 {held} 件流程，请做工作交接。"
            uow.incidents.raise_(uow.ids(), "owner_left", f"person:{person.id}", text, uow.now)


def retry_outbox(uow: UnitOfWork, command: RetryOutbox) -> Done:
    """A parked message tries again. Raises NotFound."""
    if not uow.outbox.retry(command.outbox_id, uow.now):
        raise NotFound("这条消息不在「已搁置」里，也许已经重试过了。")
    return Done("已放回发送队列。")


def retry_parked(uow: UnitOfWork, _command: RetryParked) -> Done:
    """Every parked message tries again."""
    count = uow.outbox.retry("", uow.now)
    return Done(f"已把 {count} 条放回发送队列。" if count else "没有搁置的消息。", (), {"told": count})


def close_incident(uow: UnitOfWork, command: CloseIncident) -> Done:
    """An incident was seen to. Raises NotFound."""
    if not uow.incidents.close(command.incident_id, uow.now):
        raise NotFound("这条异常已经关闭。")
    return Done("已关闭。")


def tell_person(uow: UnitOfWork, command: TellPerson) -> Done:
    """A plain message to a person."""
    body = {"text": command.text}
    uow.outbox.put_message(uow.ids(), "text", command.person, command.platform, body, uow.now)
    return Done()
