"""One member's own copy of a template card: what it shows, what is selected on it, what replaced it."""

from dataclasses import dataclass, field

from sandbox import wecom_draw
from sandbox.cloud import Json, short
from sandbox.drawn import Drawing


@dataclass
class Copy:
    """One member's copy of one card. `replaced`: the grey text that stands instead of its buttons."""

    message_id: str
    userid: str
    task_id: str
    card: Json
    replaced: str | None = None
    chosen: dict[str, list[str]] = field(default_factory=dict)
    toast: str | None = None

    def drawing(self) -> Drawing:
        return wecom_draw.draw(self.card, self.replaced, self.chosen)

    def view(self) -> Json:
        drawing = self.drawing()
        return {
            "card_id": self.message_id,
            "drawn": drawing.drawn,
            "raw": self.card,
            "dead": drawing.dead,
            "toast": self.toast,
            "summary": short(drawing.drawn["title"] or drawing.drawn["markdown"]),
        }

    def replace(self, card: Json) -> None:
        self.card, self.replaced, self.chosen = card, None, {}
        self.task_id = card.get("task_id") or self.task_id

    def select(self, wish: dict[str, str | list[str]]) -> dict[str, list[str]]:
        """What the member has selected, defaults included. Raises ValueError for what the client cannot
        select.
        """
        questions = {str(q["question_key"]): q for q in wecom_draw.questions(self.card)}
        for key, given in wish.items():
            if key not in questions or questions[key].get("disable") is True:
                raise ValueError(f"卡片上没有可选的 {key}")
            self.chosen[key] = _option_ids(questions[key], [given] if isinstance(given, str) else list(given))
        shown = {key: self.chosen.get(key, wecom_draw.default_choice(q)) for key, q in questions.items()}
        if any(q.get("vote") and not shown[key] for key, q in questions.items()):
            raise ValueError("请先选择")
        return shown


def _option_ids(question: Json, given: list[str]) -> list[str]:
    """Options may be named by id or, as a person sees them, by text."""
    options = question["option_list"]
    ids = [next((str(o["id"]) for o in options if g in (o["id"], o["text"])), None) for g in given]
    if None in ids:
        raise ValueError("没有这个选项")
    if len(ids) > 1 and question.get("mode", 0) != 1:
        raise ValueError("只能选一项")
    return [i for i in ids if i is not None]
