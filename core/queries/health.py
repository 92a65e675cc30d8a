"""`zhongshu verify`: what would be stuck or dangling, as sentences. Nothing found means nothing is stuck (A5)."""

from __future__ import annotations

from sqlalchemy import text

from core.store.work import UnitOfWork

# Each question names what it finds; none of them may find anything in a sound database.
QUESTIONS = {
    "流程 {0} 没有结束，也没有待办": (
        "SELECT i.id FROM instance i WHERE i.state IN ('running', 'returned') AND NOT EXISTS "
        "(SELECT 1 FROM task t WHERE t.instance_id = i.id AND t.state = 'open')"
    ),
    "流程 {0} 已结束，却还有待办": (
        "SELECT DISTINCT i.id FROM instance i JOIN task t ON t.instance_id = i.id "
        "WHERE i.state NOT IN ('running', 'returned') AND t.state = 'open'"
    ),
    "待办 {0} 有两次处理": (
        "SELECT task_id FROM transition GROUP BY task_id, version_from HAVING count(*) > 1"
    ),
    "卡片 {0} 没有发到最新，也没有在排队": (
        "SELECT c.id FROM card c WHERE c.shown_version < c.wanted_version AND NOT EXISTS "
        "(SELECT 1 FROM outbox o WHERE o.card_id = c.id AND o.state IN ('waiting', 'leased', 'parked'))"
    ),
    "待办 {0} 没有卡片也没有异常记录": (
        "SELECT t.id FROM task t WHERE t.state = 'open' AND t.kind = 'approve' AND NOT EXISTS "
        "(SELECT 1 FROM card c WHERE c.subject_kind = 'task' AND c.subject_id = t.id) AND NOT EXISTS "
        "(SELECT 1 FROM incident n WHERE n.object = 'person:' || t.assignee)"
    ),
}


def stuck(uow: UnitOfWork, limit: int = 20) -> list[str]:
    """What is wrong, at most `limit` of each kind."""
    found = []
    for sentence, query in QUESTIONS.items():
        for row in uow.connection.execute(text(f"{query} LIMIT {limit}")):
            found.append(sentence.format(row[0]))
    return found
