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
from sandbox.post import Post
from sandbox.smtp import Smtp
from sandbox.wecom import WeCom

POST = web.AppKey("post", Post)
SMTP = web.AppKey("smtp", Smtp)
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
    smtp: tuple[str, int] | None = None,
) -> web.Application:
    """An application ready to run; `base_url` is how the product and browsers reach it.

    callback   the product's WeCom callback URL; None: the app has no callback configured
    templates  published and draft DingTalk card templates by id
    smtp       host and port of the mail server; None: there is none
    folder     where chats and cards are kept over a restart; None: in memory only
    """
    cloud = Cloud(company, base_url, seed=seed, folder=folder)
    dingtalk = DingTalk(cloud, templates or {})
    wecom = WeCom(cloud, callback)
    login = Login(cloud, {Platform.DINGTALK: dingtalk.contacts.codes, Platform.WECOM: wecom.contacts.codes})
    page = Page(cloud, dingtalk, wecom, sorted(templates or {}), static)
    app = web.Application(middlewares=[traffic(cloud)], client_max_size=UPLOAD_LIMIT)
    post = Post(cloud)
    server = Smtp(post.keep, user=company.post.user, password=company.post.password)
    routes = [*page.routes(), *post.routes(), *login.routes(), *dingtalk.routes(), *wecom.routes()]
    app.add_routes(routes)
    app[POST], app[SMTP] = post, server
    _restore(cloud, dingtalk, wecom, post)

    async def running(_: web.Application) -> AsyncIterator[None]:
        if smtp is not None:
            await server.start(*smtp)
        yield
        await server.close()
        await dingtalk.gateway.close()
        await wecom.callback.close()
        await cloud.close()

    app.cleanup_ctx.append(running)
    return app


def _restore(cloud: Cloud, dingtalk: DingTalk, wecom: WeCom, post: Post) -> None:
    readers = {
        "letter": post.restore_letter,
        "short_message": post.restore_message,
        "message": cloud.chats.restore,
        "media": cloud.media.restore,
        "dingtalk_card": dingtalk.cards.restore,
        "wecom_copy": wecom.messages.restore,
    }
    for kind, row in cloud.journal.read():
        if kind in readers:
            readers[kind](row)
