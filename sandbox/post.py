"""What arrived by e-mail and SMS, for the page and for tests; and the SMS gateway, which checks signatures."""

import hashlib
import hmac
import itertools
import json
import re
import time
from dataclasses import asdict, dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiohttp import web

from sandbox.cloud import Cloud, Json, answer
from sandbox.media import media_url
from sandbox.people import Platform

WINDOW = 300


@dataclass
class Letter:
    """One e-mail as a mail program shows it. files: {name, url}; raw: the source."""

    id: str
    at: float
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str
    message_id: str
    raw: str
    files: list[dict[str, str]] = field(default_factory=list)


@dataclass
class ShortMessage:
    """One SMS."""

    id: str
    at: float
    phone: str
    text: str
    template: str


class Post:
    """Letters and short messages, oldest first. A repeated id of an SMS is one message."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._numbers = itertools.count(1)
        self.letters: list[Letter] = []
        self.messages: list[ShortMessage] = []
        self.failing: list[int] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sandbox/api/post", self._post),
            web.post("/sms/send", self._send),
        ]

    def keep(self, sender: str, to: list[str], raw: bytes) -> None:
        """A letter that came in by SMTP."""
        found = message_from_bytes(raw, policy=policy.default)
        letter = Letter(
            id=f"mail-{next(self._numbers)}",
            at=self._cloud.clock.now(),
            sender=str(found.get("From", sender)),
            to=list(to),
            subject=str(found.get("Subject", "")),
            text=_part(found, "plain"),
            html=_part(found, "html"),
            message_id=str(found.get("Message-ID", "")),
            raw=raw[:200_000].decode("utf-8", "replace"),
        )
        for one in found.iter_attachments():
            content = one.get_payload(decode=True)
            data = content if isinstance(content, bytes) else b""
            name = one.get_filename() or "file"
            kept = self._cloud.media.keep(Platform.DINGTALK, "file", name, data, letter.at)
            letter.files.append({"name": name, "url": media_url(kept.id)})
        self.letters.append(letter)
        self._cloud.journal.write("letter", asdict(letter))
        self._cloud.bus.tell({"type": "post", "what": "mail", "id": letter.id})

    def restore_letter(self, row: Json) -> None:
        self.letters.append(Letter(**row))
        self._numbers = itertools.count(max(next(self._numbers), int(row["id"].rpartition("-")[2]) + 1))

    def restore_message(self, row: Json) -> None:
        self.messages.append(ShortMessage(**row))

    async def _post(self, _request: web.Request) -> web.Response:
        return answer(
            {"mail": [asdict(one) for one in self.letters], "sms": [asdict(one) for one in self.messages]}
        )

    async def _send(self, request: web.Request) -> web.Response:
        """The gateway of docs/settings.md: signature, then the message."""
        raw = await request.read()
        if not self._signed(request, raw):
            return answer({"error": "签名不对"}, 401)
        if self.failing:
            return answer({"error": "故障注入"}, self.failing.pop(0))
        body: dict[str, Any] = json.loads(raw)
        if body.get("check") is True:
            return answer({"ok": True})
        phone, text = str(body.get("phone", "")), str(body.get("text", ""))
        if not re.fullmatch(r"\+?\d{6,20}", phone) or not text:
            return answer({"error": "phone 或 text 不对"}, 422)
        if all(one.id != body["id"] for one in self.messages):
            message = ShortMessage(
                str(body["id"]), self._cloud.clock.now(), phone, text, str(body.get("template", ""))
            )
            self.messages.append(message)
            self._cloud.journal.write("short_message", asdict(message))
            self._cloud.bus.tell({"type": "post", "what": "sms", "id": message.id})
        return answer({"ok": True})

    def _signed(self, request: web.Request, raw: bytes) -> bool:
        at = request.headers.get("X-Zhongshu-Timestamp", "")
        if not at.isdecimal() or abs(time.time() - int(at)) > WINDOW:
            return False
        key = self._cloud.company.post.sms_key.encode()
        mac = hmac.new(key, f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest(request.headers.get("X-Zhongshu-Signature", ""), f"sha256={mac}")


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()) if found is not None else ""
