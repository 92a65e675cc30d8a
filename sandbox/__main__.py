"""python -m sandbox: run the stand-ins for DingTalk and WeCom on a loopback port (options:
docs/sandbox.md).
"""

import argparse
import sys
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from sandbox import dingtalk_template, people
from sandbox.app import build
from sandbox.dingtalk_template import Template


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="钉钉与企业微信的本地替身")
    parser.add_argument("--listen", default="127.0.0.1:8090", help="回环地址:端口")
    parser.add_argument("--people", type=Path, required=True, help="公司与人员 people.yaml")
    parser.add_argument("--callback", help="企业微信应用的接收消息 URL")
    parser.add_argument("--state", type=Path, help="保存聊天和卡片的目录")
    parser.add_argument("--static", type=Path, help="页面构建结果目录")
    parser.add_argument(
        "--template", action="append", default=[], metavar="ID=文件", help="已发布的钉钉卡片模板"
    )
    parser.add_argument(
        "--draft-template", action="append", default=[], metavar="ID=文件", help="未发布的模板"
    )
    parser.add_argument("--smtp", help="邮件服务器的回环地址:端口；不写就没有邮件")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def templates_of(given: argparse.Namespace) -> dict[str, Template]:
    """Raises ValueError when an option is not ID=FILE or the file is not an export."""
    found = {}
    for published, texts in ((True, given.template), (False, given.draft_template)):
        for text in texts:
            template_id, _, path = text.partition("=")
            if not path:
                raise ValueError(f"--template 要写成 ID=文件:{text}")
            found[template_id] = dingtalk_template.load(template_id, Path(path), published=published)
    return found


def must_be_loopback(host: str) -> None:
    """Raises ValueError: the sandbox has no protection and must never be reachable from elsewhere."""
    if host != "localhost" and not ip_address(host).is_loopback:
        raise ValueError("沙箱只在回环地址上运行")


def main(arguments: list[str]) -> int:
    given = options(arguments)
    host, _, port = given.listen.rpartition(":")
    mail_host, _, mail_port = (given.smtp or "").rpartition(":")
    try:
        must_be_loopback(host)
        if given.smtp:
            must_be_loopback(mail_host)
        company, templates = people.load(given.people), templates_of(given)
    except (OSError, ValueError) as mistake:
        sys.stderr.write(f"{mistake}\n")
        return 2
    app = build(
        company,
        f"http://{given.listen}",
        callback=given.callback,
        templates=templates,
        static=given.static,
        folder=given.state,
        seed=given.seed,
        smtp=(mail_host, int(mail_port)) if given.smtp else None,
    )
    sys.stdout.write(f"沙箱已启动:http://{given.listen}/\n")
    sys.stdout.flush()
    web.run_app(app, host=host, port=int(port), print=None, access_log=None, shutdown_timeout=2)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
