"""WeCom's directory and login by code."""

from aiohttp import web

from sandbox.cloud import Cloud, Json, answer
from sandbox.passes import OneUse, PassRefused
from sandbox.people import Department, Person, Platform
from sandbox.wecom_errors import refuse

CODE_SECONDS = 300
W = Platform.WECOM


class Contacts:
    """`codes` carry a userid: issued by the login page (login.py), used up here."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._company = cloud.company
        self.codes: OneUse[str] = OneUse(cloud.clock, CODE_SECONDS)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/cgi-bin/user/get", self._user),
            web.get("/cgi-bin/user/simplelist", self._short_users),
            web.get("/cgi-bin/user/list", self._users),
            web.get("/cgi-bin/department/list", self._departments),
            web.get("/cgi-bin/department/simplelist", self._short_departments),
            web.get("/cgi-bin/getcallbackip", self._callback_ips),
            web.get("/cgi-bin/auth/getuserinfo", self._by_code),
            web.get("/cgi-bin/user/getuserinfo", self._by_code_old),
        ]

    async def _user(self, request: web.Request) -> web.Response:
        userid = request.query.get("userid")
        if not userid:
            raise refuse(41009)
        person = self._company.member(W, userid)
        if person is None:
            raise refuse(60111)
        return _ok(self._person_json(person))

    async def _short_users(self, request: web.Request) -> web.Response:
        found = self._company.members_of(W, self._department_of(request).key)
        names = ("userid", "name", "department")
        return _ok({"userlist": [{n: self._person_json(p)[n] for n in names} for p in found]})

    async def _users(self, request: web.Request) -> web.Response:
        found = self._company.members_of(W, self._department_of(request).key)
        return _ok({"userlist": [self._person_json(p) for p in found]})

    async def _departments(self, request: web.Request) -> web.Response:
        return _ok({"department": [self._department_json(d) for d in self._below(request)]})

    async def _short_departments(self, request: web.Request) -> web.Response:
        found = self._below(request)
        return _ok({"department_id": [{"id": d.number, "parentid": d.parent, "order": 1} for d in found]})

    async def _callback_ips(self, request: web.Request) -> web.Response:
        return _ok({"ip_list": ["127.0.0.1"]})

    async def _by_code(self, request: web.Request) -> web.Response:
        return _ok({"userid": self._use_code(request)})

    async def _by_code_old(self, request: web.Request) -> web.Response:
        return _ok({"UserId": self._use_code(request), "DeviceId": "sandbox"})

    def _use_code(self, request: web.Request) -> str:
        try:
            return self.codes.use(request.query.get("code", ""))
        except PassRefused as refused:
            raise refuse(40029, refused.why) from refused

    def _department_of(self, request: web.Request, name: str = "department_id") -> Department:
        try:
            department = self._company.department_numbered(int(request.query.get(name) or 1))
        except ValueError as mistake:
            raise refuse(60123) from mistake
        if department is None:
            raise refuse(60123)
        return department

    def _below(self, request: web.Request) -> list[Department]:
        """The asked department and all below it."""
        found = [self._department_of(request, "id")]
        for own in found:
            found += [
                d for d in self._company.departments.values() if d.parent == own.number and d not in found
            ]
        return found

    def _person_json(self, person: Person) -> Json:
        department = self._company.departments[person.department]
        leader = self._company.account(W, person.manager)
        return {
            "userid": person.accounts[W],
            "name": person.name,
            "department": [department.number],
            "order": [0],
            "position": person.title,
            "is_leader_in_dept": [int(department.head == person.key)],
            "direct_leader": [leader] if leader else [],
            "main_department": department.number,
            "status": 1,
            "alias": person.nick,
            "telephone": "",
            "extattr": {"attrs": []},
        }

    def _department_json(self, department: Department) -> Json:
        head = self._company.account(W, department.head)
        return {
            "id": department.number,
            "name": department.name,
            "name_en": "",
            "department_leader": [head] if head else [],
            "parentid": department.parent,
            "order": 1,
        }


def _ok(body: Json) -> web.Response:
    return answer({"errcode": 0, "errmsg": "ok"} | body)
