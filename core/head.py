"""The head of the audit chain, signed and kept outside the database, so that a cut tail is noticed."""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.keys import Keys
from core.store.audit import first_break
from core.store.work import UnitOfWork

PURPOSE = "audit-head"


def head_path(key_file: Path) -> Path:
    """Beside the master key."""
    return key_file.with_name("audit.head")


def write_head(uow: UnitOfWork, keys: Keys, path: Path) -> None:
    """Sign number and hash of the last audit row; replaces the file in one step."""
    seq, digest = uow.audit.head()
    body = {"seq": seq, "hash": digest, "at": uow.now.isoformat()}
    body["mac"] = keys.sign(PURPOSE, f"{seq}.{digest}.{body['at']}")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(body) + "\n")
    os.replace(fresh, path)


def verify(uow: UnitOfWork, keys: Keys, path: Path) -> str | None:
    """What is wrong with chain and head, as a sentence; None when all holds."""
    broken = first_break(uow.audit)
    if broken or not path.exists():
        return broken
    body = json.loads(path.read_text())
    if not keys.matches(PURPOSE, f"{body['seq']}.{body['hash']}.{body['at']}", body["mac"]):
        return f"审计头文件 {path} 的签名不对：文件被改动，或者主密钥换过。"
    row = uow.audit.at(body["seq"])
    if body["seq"] and (row is None or row.hash != body["hash"]):
        return f"审计头记录到第 {body['seq']} 条，数据库里没有或不同：末尾被截断或改写。"
    return None
