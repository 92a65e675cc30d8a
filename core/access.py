"""API keys as commands: `zs_<id>_<secret>`; only the SHA-256 of the secret is stored."""

from __future__ import annotations

import secrets
from datetime import timedelta

from core.acting import Done
from core.canon import sha256
from core.commands import MakeApiKey, RevokeApiKey
from core.errors import NotFound, UserError
from core.events import AccessChanged
from core.store.access import ApiKey
from core.store.work import UnitOfWork


def make_api_key(uow: UnitOfWork, command: MakeApiKey) -> Done:
    """A new key; its secret is in the answer and nowhere else."""
    if not uow.people.active(command.person):
        raise UserError("unknown_person", "没有找到这把密钥要代表的人。")
    if not 1 <= command.days <= 3650:
        raise UserError("bad_days", "有效期应在 1 到 3650 天之间。")
    secret = secrets.token_urlsafe(32).replace("_", "-")
    key = ApiKey(
        id=uow.ids(),
        name=command.name.strip()[:60] or "未命名",
        person=command.person,
        secret_hash=sha256(secret),
        created_at=uow.now,
        expires_at=uow.now + timedelta(days=command.days),
        last_used_at=None,
        revoked_at=None,
    )
    uow.access.add_key(key)
    event = AccessChanged(f"api_key:{key.id}", "made", key.name)
    return Done("密钥只显示这一次，请立即保存。", (event,), {"id": key.id, "secret": f"zs_{key.id}_{secret}"})


def revoke_api_key(uow: UnitOfWork, command: RevokeApiKey) -> Done:
    """A key ends at once. Raises NotFound."""
    if not uow.access.revoke_key(command.key_id, uow.now):
        raise NotFound("没有这把密钥，或者已经吊销。")
    return Done("已吊销。", (AccessChanged(f"api_key:{command.key_id}", "revoked", ""),))
