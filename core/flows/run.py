"""One call of the engine: the instance as it changes, the events so far, what may be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.errors import Conflict, NotAllowed, UserError
from core.events import FieldsWanted, FlowEvent
from core.flows.definition import Flow, Step
from core.flows.instance import Instance, InstanceState, Task, TaskState
from core.flows.said import what_happened
from core.flows.state import apply
from core.flows.tree import Tree
from core.flows.world import World
from core.people import Directory


@dataclass
class Run:
    """State of one `advance`.

    kinds      kind of step → how it is entered
    starting   branch → paths that are still to be entered, so that it is not joined too early
    """

    flow: Flow
    instance: Instance
    now: datetime
    people: Directory
    world: World
    kinds: Mapping[str, Callable[[Run, Step, bool], None]]
    events: list[FlowEvent] = field(default_factory=list)
    starting: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = Tree(self.flow)

    def emit(self, what: type[FlowEvent], /, **values: object) -> None:
        """Make one event and fold it at once."""
        event = what(f"instance:{self.instance.id}", self.instance.id, self.now, **values)
        self.events.append(event)
        self.instance = apply(self.instance, event)
        if isinstance(event, FieldsWanted):  # a branch that follows at once looks at the new values
            facts = self.world.settled(event.values, self.instance)
            self.instance = replace(self.instance, facts=facts)

    @property
    def running(self) -> bool:
        """False once the flow ended or went back to its initiator."""
        return self.instance.state is InstanceState.RUNNING

    def step(self, key: str) -> Step:
        """A step of the flow. Raises UserError when the definition lost it."""
        if key not in self.tree:
            raise UserError("step_gone", f"流程里没有「{key}」这一步。")
        return self.tree.step(key)

    def own_open_task(self, task_id: str, actor: str, version: int) -> Task:
        """The open task of a person. Raises Conflict when it is over or changed, NotAllowed when it is another's."""
        task = self.instance.task(task_id)
        if task is None:
            raise UserError("not_found", "没有找到这个待办。")
        if task.state not in (TaskState.OPEN, TaskState.WAITING):
            raise Conflict(what_happened(task, self.instance, self.people, self.now))
        if task.assignee != actor:
            raise NotAllowed(f"这个待办由{self.people.called(task.assignee)}处理，您不能代为决定。")
        if task.state is TaskState.WAITING:
            raise Conflict("还没有轮到您：要等前面的人先处理。")
        if version and version != task.version:
            raise Conflict("这张卡片已经过时，请以最新的卡片为准。")
        return task
