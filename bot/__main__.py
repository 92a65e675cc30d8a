"""`zhongshu` = `python -m bot`: the commands of docs/commands.md.

Exit codes: 0 done, 1 refused with reason, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from bot import commands
from bot.logs import configure
from core.errors import Invalid, Misconfigured, UserError
from core.settings import Settings

Run = Callable[[Settings, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="zhongshu", description="中枢：长在聊天里的全流程业务管理系统")
    top.add_argument("--log", choices=["json", "text"], default="json", help="日志格式")
    sub = top.add_subparsers(dest="command", required=True, metavar="命令")

    def add(name: str, help_: str, run: Run) -> argparse.ArgumentParser:
        one = sub.add_parser(name, help=help_, description=help_)
        one.set_defaults(run=run)
        return one

    add("serve", "启动服务", lambda settings, _: asyncio.run(commands.serve(settings)))
    demo = add("demo", "用沙箱和示例公司启动全部功能", lambda s, a: asyncio.run(commands.demo(s, a)))
    demo.add_argument("--data", type=Path, default=Path("data/demo"), help="示例数据放在哪里")
    demo.add_argument("--sandbox-listen", default="127.0.0.1:8090")
    add("doctor", "逐项检查配置，说出哪一项不对、怎么改", lambda s, _: asyncio.run(commands.doctor(s)))
    add("verify", "核对审计链和数据是否完整，有没有卡住的事", lambda s, _: commands.verify(s))
    export = add("export", "导出实例、待办、卡片、发件箱、审计（只读，可与服务同时运行）", commands.export)
    export.add_argument("--jsonl", action="store_true", required=True, help="每行一个 JSON")
    audit = add("audit", "审计", lambda s, _: commands.audit_verify(s))
    audit.add_argument("what", choices=["verify"])
    people = add("people", "通讯录", commands.people)
    people.add_argument("what", choices=["import"])
    people.add_argument("file", type=Path)
    suite = add("suite", "安装或导出套件", commands.suite)
    suite.add_argument("what", choices=["install", "export"])
    suite.add_argument("folder", type=Path)
    aggregate = add("aggregate", "核对或重算聚合表（核对可与服务同时运行）", commands.aggregate)
    aggregate.add_argument("what", choices=["verify", "rebuild"])
    aggregate.add_argument("key", nargs="?", default="", help="只看这一张；不写就是全部")
    password = add("password", "重设管理页面的密码", commands.password)
    password.add_argument("account", nargs="?", default="admin")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    given = parser().parse_args(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        for one in error.errors():
            name = "ZHONGSHU_" + "_".join(str(part) for part in one["loc"]).upper()
            print(f"设置 {name} 不对：{one['msg']}", file=sys.stderr)  # noqa: T201
        return 1
    configure(settings.log_level, pretty=given.log == "text")
    try:
        code: int = given.run(settings, given)
    except (Misconfigured, UserError) as error:
        print(str(error), file=sys.stderr)  # noqa: T201
        for problem in error.problems if isinstance(error, Invalid) else ():
            print(f"  {problem.path}：{problem.message}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
