"""The admin and H5 servers as routes, mounted by the composition root beside `connect.edge.middlewares`."""

from __future__ import annotations

from aiohttp import web

from admin.bpmn import Bpmn
from admin.data import Data
from admin.design import Design
from admin.flowops import FlowOperations
from admin.h5 import H5
from admin.operations import Operations
from admin.pages import Pages
from admin.reach import ReachPages
from admin.rules import Rules
from admin.sessions import Browsers
from admin.signin import Signin
from admin.trials import Trials
from connect.edge import Deps


def routes(deps: Deps) -> list[web.RouteDef]:
    """Everything under /admin, /h5 and /assets."""
    pages = Pages()
    browsers = Browsers(deps, "admin")
    return [
        web.get("/admin", pages.admin),
        web.get("/admin/", pages.admin),
        web.get("/h5/l/{handle}", pages.mobile),
        web.get("/assets/{name:.+}", pages.asset),
        *Signin(deps, browsers).routes(),
        *Bpmn(deps, browsers).routes(),
        *Design(deps, browsers).routes(),
        *Data(deps, browsers).routes(),
        *Operations(deps, browsers).routes(),
        *Rules(deps, browsers).routes(),
        *Trials(deps, browsers).routes(),
        *ReachPages(deps, browsers).routes(),
        *FlowOperations(deps, browsers).routes(),
        *H5(deps).routes(),
    ]
