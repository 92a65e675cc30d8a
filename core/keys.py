"""The master key, and what is derived from it: one key for each purpose, action tokens, the signed audit head.

The key file holds 32 random bytes in hex, mode 0600, outside the database. A missing file is made; a short or
world-readable one is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import Misconfigured

TOKEN_LIFE = timedelta(days=90)


class Keys:
    """Keys derived by HMAC-SHA-256 from the master key, one a purpose."""

    def __init__(self, master: bytes) -> None:
        if len(master) < 32:
            raise Misconfigured("主密钥太短：ZHONGSHU_MASTER_KEY_FILE 里应有 64 个十六进制字符。")
        self._master = master

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read the key file, making it first when there is none. Raises Misconfigured."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        if path.stat().st_mode & 0o077:
            raise Misconfigured(f"主密钥文件 {path} 别人也能读，请执行 chmod 600 {path}。")
        try:
            return cls(bytes.fromhex(path.read_text().strip()))
        except ValueError as error:
            raise Misconfigured(f"主密钥文件 {path} 的内容不是十六进制。") from error

    def derive(self, purpose: str) -> bytes:
        """The key of one purpose."""
        return hmac.new(self._master, purpose.encode(), hashlib.sha256).digest()

    def sign(self, purpose: str, text: str) -> str:
        """A URL-safe mac of 128 bits."""
        digest = hmac.new(self.derive(purpose), text.encode(), hashlib.sha256).digest()[:16]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def matches(self, purpose: str, text: str, mac: str) -> bool:
        """Whether a mac is ours, in constant time."""
        return hmac.compare_digest(self.sign(purpose, text), mac)

    def seal(self, place: str, text: str) -> str:
        """A secret as it is stored: AES-256-GCM under the key of its purpose, bound to its place in the tables."""
        nonce = os.urandom(12)
        sealed = AESGCM(self.derive("seal")).encrypt(nonce, text.encode(), place.encode())
        return "v1." + base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, place: str, sealed: str) -> str:
        """What was sealed there. Raises Misconfigured when another master key did it, or it was moved."""
        try:
            raw = base64.urlsafe_b64decode(sealed.removeprefix("v1."))
            return AESGCM(self.derive("seal")).decrypt(raw[:12], raw[12:], place.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise Misconfigured("这条密文不是用现在的主密钥加密的，请重新填写。") from error


@dataclass(frozen=True, slots=True)
class Shown:
    """What a valid token says: which card was shown, in which version of its subject."""

    card_id: str
    version: int


def action_token(keys: Keys, card_id: str, person: str, version: int, now: datetime) -> str:
    """Proof, carried by each button, of what was shown to whom: `v1.<card>.<version>.<expiry>.<mac>`, ≤ 100 bytes.

    It does not replace the permission check: the person comes from the channel, the task from the database.
    """
    body = f"v1.{card_id}.{version}.{int((now + TOKEN_LIFE).timestamp())}"
    return f"{body}.{keys.sign('action', f'{body}.{person}')}"


def read_token(keys: Keys, token: str, person: str, now: datetime) -> Shown | None:
    """What a token says; None when it is forged, somebody else's, or too old."""
    body, _, mac = token.rpartition(".")
    parts = body.split(".")
    if len(parts) != 4 or parts[0] != "v1" or not keys.matches("action", f"{body}.{person}", mac):
        return None
    if not parts[3].isdigit() or int(parts[3]) < now.timestamp():
        return None
    return Shown(parts[1], int(parts[2]))
