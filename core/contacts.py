"""Commands about where people and groups are reached, and trying whether a message arrives."""

from __future__ import annotations

from core.acting import Done
from core.canon import sha256
from core.commands import DropGroup, LearnGroup, SaveGroup, SetContact, TryChannel
from core.errors import Conflict, Invalid, NotFound, Problem, UserError
from core.events import ChannelTried, ContactChanged, Event, GroupChanged
from core.reach import CHANNEL_NAMES, Channel, is_email, is_mobile
from core.store.groups import Group
from core.store.work import UnitOfWork
from core.telling import Letter, tell_address, tell_group

WAYS = {"robot": "dingtalk", "webhook": "wecom", "appchat": "wecom"}
TRIAL = "这是中枢发来的测试消息，收到说明这条路是通的。"


def set_contact(uow: UnitOfWork, command: SetContact) -> Done:
    """Raises NotFound, Invalid."""
    person = uow.people.get(command.person)
    if person is None:
        raise NotFound
    email, mobile = command.email.strip(), command.mobile.strip()
    problems = []
    if email and not is_email(email):
        problems.append(Problem("email", "邮箱要写成 name@company.com。"))
    if mobile and not is_mobile(mobile):
        problems.append(Problem("mobile", "手机号只写数字，国外号码前面加 + 和国家号。"))
    if problems:
        raise Invalid(tuple(problems))
    changed = [("邮箱", email != person.email), ("手机号", mobile != person.mobile)]
    what = tuple(name for name, differs in changed if differs)
    if not what:
        return Done("没有改动。")
    uow.directory_rows.set_contact(person.id, email, mobile)
    event = ContactChanged(f"person:{person.id}", person.id, what)
    return Done(f"已保存{person.called}的{'和'.join(what)}。", (event,))


def learn_group(uow: UnitOfWork, command: LearnGroup) -> Done:
    """A group that is known already stays as it is; a taken title gets a number."""
    key = sha256(command.address)
    if not command.address or uow.groups.at(command.platform, key) is not None:
        return Done()
    title = command.title.strip()[:50] or "群聊"
    taken = {one.name for one in uow.groups.all() if one.platform == command.platform}
    numbered = (f"{title} {number}" for number in range(2, len(taken) + 3))
    name = title if title not in taken else next(one for one in numbered if one not in taken)
    group = Group(uow.ids(), name, command.platform, "robot", key, command.address, True, uow.now)
    uow.groups.add(group)
    return Done(f"已记住群「{name}」。", (_changed(group, "记住"),), {"group_id": group.id})


def save_group(uow: UnitOfWork, command: SaveGroup) -> Done:
    """Raises NotFound, Conflict, UserError."""
    name = command.name.strip()
    if not 1 <= len(name) <= 60:
        raise UserError("invalid", "群的名称要有 1 到 60 个字。")
    if command.group_id:
        return _rename(uow, command.group_id, name)
    if WAYS.get(command.way) != command.platform or not command.address:
        raise UserError("invalid", "群的平台或地址不对。")
    _free(uow, command.platform, name)
    known = uow.groups.at(command.platform, command.address_hash)
    if known is not None:
        raise Conflict(f"这个群已经登记过，名称是「{known.name}」。")
    group = Group(
        uow.ids(), name, command.platform, command.way, command.address_hash, command.address, False, uow.now
    )
    uow.groups.add(group)
    return Done(f"已登记群「{name}」。", (_changed(group, "登记"),), {"group_id": group.id})


def _rename(uow: UnitOfWork, id_: str, name: str) -> Done:
    group = uow.groups.load(id_)
    if group is None:
        raise NotFound
    if group.name == name:
        return Done("没有改动。")
    _free(uow, group.platform, name)
    uow.groups.rename(id_, name)
    event = GroupChanged(f"group:{id_}", id_, name, f"把「{group.name}」改名为")
    return Done(f"群「{group.name}」已改名为「{name}」，规则和流程里也要用新名称。", (event,))


def _free(uow: UnitOfWork, platform: str, name: str) -> None:
    if any(one.platform == platform for one in uow.groups.named(name)):
        raise Conflict(f"已经有叫「{name}」的群，请换一个名称。")


def drop_group(uow: UnitOfWork, command: DropGroup) -> Done:
    """Raises NotFound."""
    group = uow.groups.load(command.group_id)
    if group is None:
        raise NotFound
    uow.groups.remove(group.id)
    return Done(f"已去掉群「{group.name}」。", (_changed(group, "去掉"),))


def _changed(group: Group, what: str) -> Event:
    return GroupChanged(f"group:{group.id}", group.id, group.name, what)


def try_channel(uow: UnitOfWork, command: TryChannel) -> Done:
    """Queue a test message. Raises NotFound, UserError."""
    letter = Letter(TRIAL, "中枢的测试邮件")
    if command.channel == "group":
        group = uow.groups.load(command.to)
        if group is None:
            raise NotFound
        tell_group(uow, group, letter)
        said = f"测试消息正在发往群「{group.name}」"
    else:
        channel = Channel(command.channel)
        fits = is_email if channel is Channel.MAIL else is_mobile
        if channel is Channel.CHAT or not fits(command.to.strip()):
            raise UserError("invalid", f"「{command.to[:40]}」不能收{CHANNEL_NAMES[channel]}。")
        tell_address(uow, (channel, command.to.strip()), letter)
        said = f"测试消息正在发往 {command.to.strip()}"
    name = "群" if command.channel == "group" else CHANNEL_NAMES[Channel(command.channel)]
    event = ChannelTried(f"channel:{command.channel}", name)
    return Done(f"{said}，没有收到请看发件箱里的原因。", (event,), {"told": 1})
