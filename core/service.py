"""The one door: `perform(command)` is the only committer of business data (decision D1).

One transaction: seen before? → action (load, pure engine, save) → notices → audit → stored answer → commit.
A refusal changes nothing but the inbox and the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, cast

import structlog

from core import canon, commands, contacts
from core.access import make_api_key, revoke_api_key
from core.acting import Done
from core.commands import SYSTEM, Command
from core.errors import Invalid, NotAllowed, NotFound, Problem, UserError
from core.events import CommandRefused, DraftSaved, Event, RuleFired
from core.flows import actions as flows
from core.flows import administration, filling
from core.flows.effects import carry_out
from core.flows.phrases import keep_phrases
from core.forms import actions as forms
from core.forms import life
from core.forms.files import store_file
from core.forms.migrating import step_backfill
from core.notices import tell
from core.operation import close_incident, replace_directory, retry_outbox, retry_parked, tell_person
from core.publishing import drop_definition, publish, roll_back, save_definition
from core.reports import actions as reports
from core.rules import actions as rules
from core.rules import hand as rules_by_hand
from core.rules import tick as rules_tick
from core.rules.react import RuleRefusal, react
from core.store.audit import Entry
from core.store.inbox import Delivery
from core.store.instances import StaleWrite
from core.store.work import Store, UnitOfWork

log = structlog.get_logger()

Action = Callable[[UnitOfWork, Any], Done]

ACTIONS: dict[type[Command], Action] = {
    commands.OpenDraft: forms.open_draft,
    commands.SaveDraft: forms.save_draft,
    commands.SubmitDraft: forms.submit_draft,
    commands.CreateRecord: forms.create_record,
    commands.UpdateRecord: forms.update_record,
    commands.DeleteRecord: forms.delete_record,
    commands.StartFlow: flows.start_flow,
    commands.StoreFile: store_file,
    commands.DropDraft: forms.drop_draft,
    commands.StepBackfill: step_backfill,
    commands.CopyRecord: life.copy_record,
    commands.CommentRecord: life.comment_record,
    commands.MarkRecord: life.mark_record,
    commands.PressButton: life.press_button,
    commands.ImportRows: life.import_rows,
    commands.RollBack: roll_back,
    commands.Decide: filling.decide_filled,
    commands.DecideMany: filling.decide_many,
    commands.Transfer: flows.transfer,
    commands.AddSign: flows.add_sign,
    commands.Withdraw: flows.withdraw,
    commands.Urge: flows.urge,
    commands.Remark: flows.remark,
    commands.FireTimer: administration.fire_due,
    commands.AnswerCallback: administration.answer_callback,
    commands.AskIntervention: administration.ask_intervention,
    commands.AnswerIntervention: administration.answer_intervention,
    commands.HandOver: administration.hand_over,
    commands.Delegate: administration.delegate,
    commands.EndDelegation: administration.end_delegation,
    commands.SetWorkdays: administration.set_workdays,
    commands.KeepPhrases: keep_phrases,
    commands.SweepRule: rules_tick.sweep_rule,
    commands.TickRules: rules_tick.tick_rules,
    commands.PressRule: rules_by_hand.press_rule,
    commands.ReceiveHook: rules_by_hand.receive_hook,
    commands.RetryRun: rules_by_hand.retry_run,
    commands.RebuildAggregate: rules_by_hand.rebuild_aggregate,
    commands.AnswerReminder: rules.answer_reminder,
    commands.AskPicture: reports.ask_picture,
    commands.TellPerson: tell_person,
    commands.Publish: publish,
    commands.SaveDefinition: save_definition,
    commands.DropDefinition: drop_definition,
    commands.ReplaceDirectory: replace_directory,
    commands.RetryOutbox: retry_outbox,
    commands.RetryParked: retry_parked,
    commands.SetContact: contacts.set_contact,
    commands.LearnGroup: contacts.learn_group,
    commands.SaveGroup: contacts.save_group,
    commands.DropGroup: contacts.drop_group,
    commands.TryChannel: contacts.try_channel,
    commands.CloseIncident: close_incident,
    commands.MakeApiKey: make_api_key,
    commands.RevokeApiKey: revoke_api_key,
}

ADMIN_ONLY = (
    commands.SweepRule,
    commands.TickRules,
    commands.ReceiveHook,
    commands.RetryRun,
    commands.RebuildAggregate,
    commands.Publish,
    commands.SaveDefinition,
    commands.DropDefinition,
    commands.ReplaceDirectory,
    commands.RetryOutbox,
    commands.RetryParked,
    commands.SetContact,
    commands.SaveGroup,
    commands.DropGroup,
    commands.TryChannel,
    commands.CloseIncident,
    commands.MakeApiKey,
    commands.RevokeApiKey,
    commands.TellPerson,
    commands.StepBackfill,
    commands.ImportRows,
    commands.RollBack,
    commands.FireTimer,
    commands.AnswerCallback,
    commands.AskIntervention,
    commands.AnswerIntervention,
    commands.HandOver,
    commands.SetWorkdays,
)

TRIES = 5
# What they queue is no card, and no event tells of it.
_QUEUING = (
    commands.AskPicture,
    commands.TellPerson,
    commands.RetryOutbox,
    commands.RetryParked,
    commands.TryChannel,
)
NOT_AUDITED = (DraftSaved,)
# Refusals that are no secret-seeking and no race: typing errors and pages that went stale.
QUIET_REFUSALS = (Invalid, NotFound)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the door answers; the same delivery gets an equal one for ever.

    code     "ok", or the stable code of a refusal;  message: a Chinese sentence for who asked
    told     how many messages wait in the outbox because of this
    """

    code: str = "ok"
    message: str = ""
    hint: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    told: int = 0

    @property
    def ok(self) -> bool:
        """True when it was done."""
        return self.code == "ok"

    def to_json(self) -> str:
        """Canonical text for the inbox."""
        problems = [[one.path, one.message] for one in self.problems]
        return canon.dumps(
            {
                "code": self.code,
                "message": self.message,
                "hint": self.hint,
                "data": self.data,
                "problems": problems,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """A stored answer."""
        body = canon.loads(text)
        problems = tuple(Problem(path, message) for path, message in body.pop("problems"))
        return cls(**body, problems=problems)


class Service:
    """Takes commands. `woken` is called after each commit that put something into the outbox."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.woken: list[Callable[[], None]] = []

    def perform(self, command: Command, delivery: Delivery | None = None, pressed: str = "") -> Outcome:
        """Do it and wait for the commit. Never raises UserError: a refusal is an Outcome."""
        return self.submit(command, delivery, pressed).result()

    def submit(
        self, command: Command, delivery: Delivery | None = None, pressed: str = ""
    ) -> Future[Outcome]:
        """Queue it; the future is answered after the commit. Raises Busy.

        delivery  makes a repeated push, press or call have one effect and one answer
        pressed   id of the card whose button this is: its redrawing waits for the platform's own answer
        """
        future = self.store.submit(lambda uow: transact(uow, command, delivery, pressed))
        future.add_done_callback(self._wake)
        return future

    def wake(self) -> None:
        """Something waits in the outbox."""
        for call in self.woken:
            call()

    def _wake(self, future: Future[Outcome]) -> None:
        if not future.cancelled() and future.exception() is None and future.result().told:
            self.wake()


def transact(uow: UnitOfWork, command: Command, delivery: Delivery | None, pressed: str) -> Outcome:
    """One command in one transaction."""
    if delivery is not None:
        stored = uow.inbox.first(delivery, uow.now)
        if stored is not None:
            return _again(stored.body_hash, stored.answer, delivery)
    outcome, events = _attempt(uow, command)
    entries = [_entry(command.actor, one) for one in events if not isinstance(one, NOT_AUDITED)]
    uow.audit.append(entries, uow.now)
    told = tell(uow, events, pressed) if outcome.ok or outcome.problems else 0
    if isinstance(command, _QUEUING) and outcome.ok:
        told += 1
    told += sum(isinstance(one, RuleFired) for one in events)
    outcome = Outcome(outcome.code, outcome.message, outcome.hint, outcome.data, outcome.problems, told)
    if delivery is not None:
        if outcome.code == "invalid" and not delivery.keep_invalid:
            uow.inbox.forget(delivery)
        else:
            uow.inbox.answer(delivery, outcome.to_json())
    return outcome


def _again(body_hash: str, answer: str, delivery: Delivery) -> Outcome:
    if body_hash and delivery.body_hash and body_hash != delivery.body_hash:
        return Outcome("key_reused", "同一个幂等键用在了不同的内容上，请换一个键。")
    return Outcome.from_json(answer)


def _attempt(uow: UnitOfWork, command: Command) -> tuple[Outcome, tuple[Event, ...]]:
    """Run the action, again when somebody else was faster with the same rows."""
    for _ in range(TRIES):
        savepoint = uow.connection.begin_nested()
        try:
            _allowed(uow, command)
            done = ACTIONS[type(command)](uow, command)
            if not done.settled:
                done = replace(done, events=carry_out(uow, done.events))
            followed = () if done.settled else react(uow, command.actor, done.events)
        except StaleWrite:
            uow.undo(savepoint)
            continue
        except RuleRefusal as error:
            uow.undo(savepoint)
            uow.runs.add([error.run])
            return _refused(command, error)
        except UserError as error:
            uow.undo(savepoint)
            return _refused(command, error)
        savepoint.commit()
        if done.problems:
            return Outcome("invalid", _summary(done.problems), data=done.data, problems=done.problems), (
                *done.events,
                *followed,
            )
        return Outcome(message=done.message, data=done.data), (*done.events, *followed)
    return Outcome("busy", "同时处理的人太多，请再点一次。"), ()


def _allowed(uow: UnitOfWork, command: Command) -> None:
    if command.actor == SYSTEM:
        return
    if not uow.people.active(command.actor):
        raise NotAllowed("您不在公司通讯录里，请联系系统管理员。")
    if isinstance(command, ADMIN_ONLY) and not uow.people.holds(command.actor, "admin"):
        raise NotAllowed("只有系统管理员可以这样做。")


def _refused(command: Command, error: UserError) -> tuple[Outcome, tuple[Event, ...]]:
    problems = error.problems if isinstance(error, Invalid) else ()
    outcome = Outcome(error.code, error.message, error.hint, problems=problems)
    log.info("refused", command=type(command).__name__, code=error.code, actor=command.actor)
    if isinstance(error, QUIET_REFUSALS):
        return outcome, ()
    name = type(command).__name__
    return outcome, (CommandRefused(f"command:{_target(command)}", name, error.code, error.message),)


def _target(command: Command) -> str:
    """What a command was aimed at, for the audit trail."""
    for name in ("task_id", "draft_id", "record_id", "instance_id", "reminder_id", "key", "rule"):
        value = getattr(command, name, "")
        if value:
            return cast("str", value)
    return type(command).__name__


def _summary(problems: tuple[Problem, ...]) -> str:
    more = f"，还有 {len(problems) - 3} 处" if len(problems) > 3 else ""
    return "；".join(one.message for one in problems[:3]) + more


def _entry(actor: str, event: Event) -> Entry:
    return Entry(actor, type(event).__name__, event.object, canon.dumps(event.body()))
