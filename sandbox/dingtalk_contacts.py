"""DingTalk's directory and the two logins: 免登 code inside the client, OAuth2 in a browser."""

from typing import Any

from aiohttp import web

from sandbox.cloud import Cloud, Json, answer
from sandbox.dingtalk_errors import api, body_of, fields_of, oapi
from sandbox.passes import OneUse, PassRefused, Tokens
from sandbox.people import Department, Person, Platform

CODE_SECONDS = 300
D = Platform.DINGTALK


class Contacts:
    """`codes` carry a userid: issued by the login page (login.py), used up here."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._company = cloud.company
        self.codes: OneUse[str] = OneUse(cloud.clock, CODE_SECONDS)
        self.user_tokens = Tokens(cloud.clock, renews=True)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/topapi/v2/user/get", self._user),
            web.post("/topapi/v2/user/list", self._users),
            web.post("/topapi/user/listid", self._user_ids),
            web.post("/topapi/user/getbyunionid", self._by_unionid),
            web.post("/topapi/v2/department/get", self._department),
            web.post("/topapi/v2/department/listsub", self._departments_below),
            web.post("/topapi/v2/department/listparentbyuser", self._parents),
            web.post("/topapi/v2/user/getuserinfo", self._by_code),
            web.post("/v1.0/oauth2/userAccessToken", self._user_token),
            web.get("/v1.0/contact/users/me", self._me),
        ]

    async def _user(self, request: web.Request) -> web.Response:
        return _result(self._person_json(self._member((await fields_of(request)).get("userid"))))

    async def _users(self, request: web.Request) -> web.Response:
        fields = await fields_of(request)
        size, cursor = int(fields.get("size") or 100), int(fields.get("cursor") or 0)
        if not 1 <= size <= 100:
            raise oapi(400002, "size 必须在 1 到 100 之间")
        people = list(self._company.members_of(D, self._department_of(fields).key))
        page = [self._person_json(p) for p in people[cursor : cursor + size]]
        more = cursor + size < len(people)
        return _result({"has_more": more, "list": page} | ({"next_cursor": cursor + size} if more else {}))

    async def _user_ids(self, request: web.Request) -> web.Response:
        department = self._department_of(await fields_of(request))
        return _result({"userid_list": [p.accounts[D] for p in self._company.members_of(D, department.key)]})

    async def _by_unionid(self, request: web.Request) -> web.Response:
        person = self._company.by_unionid(str((await fields_of(request)).get("unionid")))
        if person is None:
            raise oapi(60121, "找不到该用户")
        return _result({"contact_type": 0, "userid": person.accounts[D]})

    async def _department(self, request: web.Request) -> web.Response:
        return _result(self._department_json(self._department_of(await fields_of(request))))

    async def _departments_below(self, request: web.Request) -> web.Response:
        own = self._department_of(await fields_of(request))
        below = [d for d in self._company.departments.values() if d.parent == own.number]
        return _result([{"dept_id": d.number, "name": d.name, "parent_id": d.parent} for d in below])

    async def _parents(self, request: web.Request) -> web.Response:
        person = self._member((await fields_of(request)).get("userid"))
        line: list[int] = []
        department: Department | None = self._company.departments[person.department]
        while department is not None and department.number not in line:
            line.append(department.number)
            department = self._company.department_numbered(department.parent)
        return _result({"parent_list": [{"parent_dept_id_list": line}]})

    async def _by_code(self, request: web.Request) -> web.Response:
        try:
            userid = self.codes.use(str((await fields_of(request)).get("code")))
        except PassRefused as refused:
            raise oapi(40078, "不存在的临时授权码") from refused
        person = self._member(userid)
        names = {"userid": userid, "unionid": person.unionid, "name": person.name}
        return _result(names | {"sys": False, "sys_level": 0, "device_id": "sandbox"})

    async def _user_token(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        app = self._company.dingtalk
        if (body.get("clientId"), body.get("clientSecret")) != (app.client_id, app.client_secret):
            raise api(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        if body.get("grantType") != "authorization_code":
            raise api(400, "invalidGrantType", "grantType 无效")
        try:
            userid = self.codes.use(str(body.get("code")))
        except PassRefused as refused:
            raise api(400, "invalidCode", "无效的code") from refused
        token, left = self.user_tokens.issue(userid)
        made = {"accessToken": token, "refreshToken": f"r-{token}", "expireIn": left}
        return answer(made | {"corpId": app.corp_id})

    async def _me(self, request: web.Request) -> web.Response:
        try:
            userid = self.user_tokens.subject_of(request.headers.get("x-acs-dingtalk-access-token", ""))
        except PassRefused as refused:
            raise api(400, "InvalidAuthentication", "不合法的access_token") from refused
        person = self._member(userid)
        return answer({"nick": person.nick, "unionId": person.unionid, "openId": f"o-{person.unionid}"})

    def _member(self, userid: Any) -> Person:
        person = self._company.member(D, str(userid))
        if person is None:
            raise oapi(60121, "找不到该用户")
        return person

    def _department_of(self, fields: Json) -> Department:
        try:
            department = self._company.department_numbered(int(fields.get("dept_id") or 1))
        except (TypeError, ValueError) as mistake:
            raise oapi(400002, "dept_id 必须是数字") from mistake
        if department is None:
            raise oapi(60003, "部门不存在")
        return department

    def _person_json(self, person: Person) -> Json:
        department = self._company.departments[person.department]
        leads = [{"dept_id": department.number, "leader": department.head == person.key}]
        data: Json = {
            "userid": person.accounts[D],
            "unionid": person.unionid,
            "name": person.name,
            "title": person.title,
            "active": True,
            "admin": False,
            "boss": False,
            "senior": False,
            "dept_id_list": [department.number],
            "leader_in_dept": leads,
            "role_list": [],
        }
        manager = self._company.account(D, person.manager)
        return data | ({"manager_userid": manager} if manager else {})

    def _department_json(self, department: Department) -> Json:
        head = self._company.account(D, department.head)
        return {
            "dept_id": department.number,
            "name": department.name,
            "parent_id": department.parent,
            "dept_manager_userid_list": [head] if head else [],
        }


def _result(result: Any) -> web.Response:
    return answer({"errcode": 0, "errmsg": "ok", "result": result, "request_id": "sandbox"})
