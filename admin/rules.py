"""Rules for administrators: what they do and did, why (not), dry runs, retries, aggregate tables."""

from __future__ import annotations

import asyncio

from aiohttp import web

from admin.sessions import Browsers
from connect.edge import Deps, answer, ask, body, limit_of, reading, word_of
from connect.edge.failures import refused_by
from connect.hooks import hook_secret
from core.commands import PressRule, RebuildAggregate, RetryRun
from core.definitions import LONGEST
from core.errors import NotFound
from core.queries import dryrun, rules, sums, why
from core.rules.when import Webhook
from core.store.access import Session
from core.sweeps import Sweeps

PREFIX = "/admin/api"


class Rules:
    """Endpoints of rules."""

    def __init__(self, deps: Deps, browsers: Browsers) -> None:
        self._deps = deps
        self._browsers = browsers
        self._sweeps = Sweeps(deps.service)

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        guarded = self._browsers.guarded
        return [
            web.get(f"{PREFIX}/rules", guarded(self.list)),
            web.get(f"{PREFIX}/rule-runs", guarded(self.log)),
            web.post(PREFIX + "/rule-runs/{id}/retry", guarded(self.retry)),
            web.get(PREFIX + "/rules/{key}/why", guarded(self.why)),
            web.post(PREFIX + "/rules/dry-run", guarded(self.dry_run)),
            web.post(PREFIX + "/rules/{key}/press", guarded(self.press)),
            web.get(PREFIX + "/rules/{key}/hook", guarded(self.hook)),
            web.post(PREFIX + "/rules/{key}/run", guarded(self.run)),
            web.get(f"{PREFIX}/rule-sweeps", guarded(self.sweeps)),
            web.get(f"{PREFIX}/aggregates", guarded(self.aggregates)),
            web.get(PREFIX + "/aggregates/{key}", guarded(self.aggregate)),
            web.post(PREFIX + "/aggregates/{key}/verify", guarded(self.verify)),
            web.post(PREFIX + "/aggregates/{key}/rebuild", guarded(self.rebuild)),
        ]

    async def list(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """Every rule as a sentence, with its counts."""
        return answer(await reading(self._deps, rules.overview))

    async def log(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Runs, newest first; `outcome=error` are the dead letters."""
        rule, outcome = word_of(request, "rule", 60), word_of(request, "outcome", 20)
        after, record, limit = (
            word_of(request, "cursor", 40),
            word_of(request, "record", 40),
            limit_of(request),
        )
        return answer(
            await reading(self._deps, lambda uow: rules.log(uow, rule, outcome, after, limit, record))
        )

    async def retry(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A failed run again."""
        outcome = await ask(self._deps, RetryRun(session.person, request.match_info["id"]))
        return answer({"message": outcome.message, "fired": outcome.data["fired"]})

    async def why(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Why a rule did or did not act on a record (number, title or id)."""
        key, record = request.match_info["key"], word_of(request, "record")
        return answer(await reading(self._deps, lambda uow: why.why(uow, key, record)))

    async def dry_run(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """What a text would do on the records there are, against the version in force."""
        text = (await body(request, "text")).text("text", required=True, longest=LONGEST)
        return answer(await reading(self._deps, lambda uow: dryrun.document(uow, text)))

    async def press(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A rule's button on a record."""
        record = (await body(request, "record")).text("record", required=True, longest=100)
        key = request.match_info["key"]
        found = await reading(self._deps, lambda uow: rules.find(uow, uow.shelf.book.rule(key), record))
        outcome = await ask(self._deps, PressRule(session.person, key, found[1]))
        return answer({"message": outcome.message, "fired": outcome.data["fired"]})

    async def run(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Look with a rule now; a large one goes on when the page does not wait for it."""
        key = request.match_info["key"]
        outcome = await asyncio.shield(asyncio.to_thread(self._sweeps.run, key, session.person))
        if not outcome.ok:
            raise refused_by(outcome)
        return answer({"hits": outcome.data["hits"], "text": outcome.message})

    async def sweeps(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """How far large sweeps are, and the last ones."""
        return answer(await reading(self._deps, rules.sweeps))

    async def hook(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Where another system calls, and the secret that it signs with."""
        key = request.match_info["key"]
        when = (await reading(self._deps, lambda uow: uow.shelf.book.rule(key))).rule.when
        if not isinstance(when, Webhook) or self._deps.keys is None:
            raise NotFound("这条规则不接收外部通知。")
        secret = hook_secret(self._deps.keys, when.webhook)
        return answer({"url": f"{self._deps.settings.base_url}/hooks/{when.webhook}", "secret": secret})

    async def aggregates(self, _request: web.Request, _session: Session) -> web.StreamResponse:
        """Every aggregate table."""
        return answer(await reading(self._deps, sums.overview))

    async def aggregate(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """The rows of one."""
        key = request.match_info["key"]
        return answer(await reading(self._deps, lambda uow: sums.rows(uow, key)))

    async def verify(self, request: web.Request, _session: Session) -> web.StreamResponse:
        """Whether the stored sums are what a recount gives."""
        key = request.match_info["key"]
        return answer(await reading(self._deps, lambda uow: sums.verify(uow, key)))

    async def rebuild(self, request: web.Request, session: Session) -> web.StreamResponse:
        """Count again."""
        outcome = await ask(self._deps, RebuildAggregate(session.person, request.match_info["key"]))
        return answer({"message": outcome.message, "rows": outcome.data["rows"]})
