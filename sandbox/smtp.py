"""A mail server for one machine: takes letters over SMTP (RFC 5321, AUTH PLAIN and LOGIN) and keeps them."""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from contextlib import suppress

LARGEST = 25 * 1024 * 1024
LINE = 8192
PATIENCE = 60.0
_PATH = re.compile(r"^(?:FROM|TO):\s*<([^<>\s]*)>(?:\s+.*)?$", re.IGNORECASE)

Keep = Callable[[str, list[str], bytes], None]


class Smtp:
    """Listens until closed. `keep` gets sender, receivers and the raw letter before its 250 goes out."""

    def __init__(self, keep: Keep, *, user: str, password: str) -> None:
        self._keep = keep
        self._login = (user, password)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.refuse: dict[str, str] = {}

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._talk, host, port, limit=LARGEST)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._open):
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            await Talk(reader, writer, self._keep, self._login, self.refuse).run()
        self._open.discard(writer)
        writer.close()


class Talk:
    """One connection. `refuse`: receiver → the answer it gets instead of 250."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        keep: Keep,
        login: tuple[str, str],
        refuse: dict[str, str],
    ) -> None:
        self._reader, self._writer = reader, writer
        self._keep, self._login, self._refuse = keep, login, refuse
        self._known = False
        self._sender: str | None = None
        self._receivers: list[str] = []

    async def run(self) -> None:
        await self._say("220 sandbox ESMTP")
        while True:
            verb, _, rest = (await self._line()).partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 bye")
                return
            await self._do(verb.upper(), rest.strip())

    async def _do(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO":
                await self._say("250-sandbox", "250-AUTH PLAIN LOGIN", "250-8BITMIME", f"250 SIZE {LARGEST}")
            case "HELO" | "NOOP":
                await self._say("250 sandbox")
            case "RSET":
                self._sender, self._receivers = None, []
                await self._say("250 ok")
            case "AUTH":
                await self._auth(rest)
            case "MAIL" | "RCPT" | "DATA" if not self._known:
                await self._say("530 5.7.0 authentication required")
            case "MAIL":
                await self._mail(rest)
            case "RCPT":
                await self._receiver(rest)
            case "DATA":
                await self._data()
            case _:
                await self._say("502 5.5.1 unknown command")

    async def _auth(self, rest: str) -> None:
        kind, _, first = rest.partition(" ")
        if kind.upper() == "PLAIN":
            parts = _plain(first or await self._ask("334 ")).split("\0")
            given = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
        elif kind.upper() == "LOGIN":
            user = _plain(first or await self._ask("334 VXNlcm5hbWU6"))
            given = (user, _plain(await self._ask("334 UGFzc3dvcmQ6")))
        else:
            await self._say("504 5.5.4 unknown mechanism")
            return
        self._known = given == self._login
        await self._say("235 2.7.0 ok" if self._known else "535 5.7.8 user name or password wrong")

    async def _mail(self, rest: str) -> None:
        found = _PATH.match(rest)
        if found is None:
            await self._say("501 5.5.4 MAIL FROM:<address>")
            return
        self._sender, self._receivers = found[1], []
        await self._say("250 2.1.0 ok")

    async def _receiver(self, rest: str) -> None:
        found = _PATH.match(rest)
        if self._sender is None or found is None or not found[1]:
            await self._say("503 5.5.1 MAIL first, then RCPT TO:<address>")
            return
        refused = self._refuse.get(found[1])
        if not refused:
            self._receivers.append(found[1])
        await self._say(refused or "250 2.1.5 ok")

    async def _data(self) -> None:
        if not self._receivers:
            await self._say("503 5.5.1 no receiver")
            return
        await self._say("354 go on")
        async with asyncio.timeout(PATIENCE):
            raw = await self._letter()
        self._keep(self._sender or "", self._receivers, raw)
        self._sender, self._receivers = None, []
        await self._say("250 2.0.0 kept")

    async def _letter(self) -> bytes:
        """Lines up to the single dot; a doubled dot at a line's start is one."""
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def _ask(self, text: str) -> str:
        await self._say(text)
        return await self._line()

    async def _line(self) -> str:
        async with asyncio.timeout(PATIENCE):
            line = await self._reader.readuntil(b"\r\n")
        if len(line) > LINE:
            raise ValueError("line too long")
        return line.decode("utf-8", "replace").rstrip("\r\n")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
