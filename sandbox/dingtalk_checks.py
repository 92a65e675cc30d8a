"""What a card call must carry: string values, open spaces with their models. Each raises the platform's
refusal.
"""

import re
from typing import Any

from aiohttp import web

from sandbox.cloud import Json, Refusal, warn
from sandbox.dingtalk_errors import api

SPACES = {"IM_ROBOT": "imRobot", "IM_GROUP": "imGroup", "IM_SINGLE": "imSingle", "ONE_BOX": "top"}
OPEN_SPACE = re.compile(r"^(IM_ROBOT|IM_GROUP|IM_SINGLE|ONE_BOX)\.(.+)$", re.IGNORECASE)
PREFIX = "dtv1.card//"


def bad(code: str, message: str = "") -> Refusal:
    return api(400, f"param.{code}", message or f"参数错误:{code}")


def string_map(values: Any) -> dict[str, str]:
    """A cardParamMap: every value a string, every key at most 100 bytes. Raises the platform's refusal."""
    if not isinstance(values, dict):
        raise bad("invalid", "cardParamMap 必须是对象")
    for key, value in values.items():
        if not isinstance(value, str):
            raise bad("invalid", f"cardParamMap.{key} 必须是字符串")
        if len(key.encode()) > 100:
            raise bad("invalid", f"变量名过长:{key}")
    return values


def space_models(body: Json) -> set[str]:
    """The kinds of space the card may be delivered to. Raises when a model lacks what it needs."""
    found = set()
    for kind, name in SPACES.items():
        model = body.get(f"{name}OpenSpaceModel")
        if model is None:
            continue
        if not isinstance(model, dict) or (
            kind != "ONE_BOX" and not isinstance(model.get("supportForward"), bool)
        ):
            raise bad("openSpaceModelInvalid", f"{name}OpenSpaceModel 需要 supportForward")
        found.add(kind)
    return found


def targets(body: Json, request: web.Request) -> list[tuple[str, str]]:
    """openSpaceId as (kind, id) pairs. Raises the platform's refusal."""
    given = body.get("openSpaceId")
    if not given:
        raise bad("openSpaceIdEmpty")
    if not isinstance(given, str) or not given.startswith(PREFIX) or len(given) > 1000:
        raise bad("openSpaceIdInvalid", "openSpaceId 格式不对")
    pairs = []
    for part in given.removeprefix(PREFIX).split(";"):
        match = OPEN_SPACE.match(part)
        if match is None:
            raise bad("openSpaceIdInvalid", f"openSpaceId 格式不对:{part}")
        if match[1] != match[1].upper():
            warn(request, f"场域类型 {match[1]} 建议用大写")
        pairs.append((match[1].upper(), match[2]))
    return pairs


def check_deliver_models(body: Json, request: web.Request, robot_code: str) -> None:
    for kind, _ in targets(body, request):
        name = f"{SPACES[kind]}OpenDeliverModel"
        model = body.get(name)
        if not isinstance(model, dict):
            raise bad("openDeliverModelEmpty", f"缺少 {name}")
        if kind == "IM_GROUP" and not model.get("robotCode"):
            raise bad("openDeliverModelError", "imGroupOpenDeliverModel 需要 robotCode")
        if model.get("robotCode") not in (None, robot_code):
            raise bad("openDeliverModelError", "robotCode 不属于这个应用")
        if kind == "IM_ROBOT" and model.get("spaceType") != "IM_ROBOT":
            raise bad("openDeliverModelError", "imRobotOpenDeliverModel 需要 spaceType IM_ROBOT")
