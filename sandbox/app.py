"""The sandbox put together: both clouds, login pages and control page in one aiohttp application."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from aiohttp import web

from sandbox.cloud import Cloud, traffic
from sandbox.dingtalk import DingTalk
from sandbox.dingtalk_template import Template
from sandbox.login import Login
from sandbox.page import Page
from sandbox.people import Company, Platform
from sandbox.wecom import WeCom

UPLOAD_LIMIT = 64 * 1024 * 1024


def build(
    company: Company,
    base_url: str,
    *,
    callback: str | None = None,
    templates: Mapping[str, Template] | None = None,
    static: Path | None = None,
    folder: Path | None = None,
    seed: int = 1,
) -> web.Application:
    """An application ready to run; `base_url` is how the product and browsers reach it.

    callback   the product's WeCom callback URL; None: the app has no callback configured
    templates  published and draft DingTalk card templates by id
    folder     where chats and cards are kept over a restart; None: in memory only
    """
    cloud = Cloud(company, base_url, seed=seed, folder=folder)
    dingtalk = DingTalk(cloud, templates or {})
    wecom = WeCom(cloud, callback)
    login = Login(cloud, {Platform.DINGTALK: dingtalk.contacts.codes, Platform.WECOM: wecom.contacts.codes})
    page = Page(cloud, dingtalk, wecom, sorted(templates or {}), static)
    app = web.Application(middlewares=[traffic(cloud)], client_max_size=UPLOAD_LIMIT)
    app.add_routes([*page.routes(), *login.routes(), *dingtalk.routes(), *wecom.routes()])
    _restore(cloud, dingtalk, wecom)

    async def running(_: web.Application) -> AsyncIterator[None]:
        yield
        await dingtalk.gateway.close()
        await wecom.callback.close()
        await cloud.close()

    app.cleanup_ctx.append(running)
    return app


def _restore(cloud: Cloud, dingtalk: DingTalk, wecom: WeCom) -> None:
    readers = {
        "message": cloud.chats.restore,
        "media": cloud.media.restore,
        "dingtalk_card": dingtalk.cards.restore,
        "wecom_copy": wecom.messages.restore,
    }
    for kind, row in cloud.journal.read():
        if kind in readers:
            readers[kind](row)
