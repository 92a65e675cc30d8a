"""The doctor's questions to the mail server: each setting by its name, with what to do about a wrong one."""

from __future__ import annotations

import socket
import ssl
from typing import Any, NamedTuple

import aiosmtplib
from aiosmtplib import SMTP, SMTPException

from bot.adapters.mail import Mail, MailConfig, address_of, one_line

PREFIX = "ZHONGSHU_MAIL_"
OTHERS = ("mail_user", "mail_from")
LOCAL = ("127.0.0.1", "::1", "localhost")


class Finding(NamedTuple):
    """One tested setting."""

    name: str
    ok: bool
    message: str
    fix: str = ""


async def findings(settings: Any) -> list[Finding]:
    """What is wrong, the first thing that has to be mended; nothing at all while e-mail is off."""
    config = MailConfig.from_settings(settings)
    if config is None:
        if not any(getattr(settings, name) for name in OTHERS):
            return []
        fix = "填上发信服务器，例如 smtp.exmail.qq.com；不发邮件就把其他 ZHONGSHU_MAIL_ 设置去掉"
        return [Finding(f"{PREFIX}HOST", False, "填了邮箱的其他设置，却没有填服务器", fix)]
    if "@" not in address_of(config.sender):
        fix = "写成发信的邮箱地址，例如 oa@公司域名，也可以写「中枢 <oa@公司域名>」"
        return [Finding(f"{PREFIX}FROM", False, "没有填发件人，或者不是邮箱地址", fix)]
    if config.tls == "none" and config.user and config.host not in LOCAL:
        fix = "改成 tls（端口 465）或 starttls（端口 587）"
        return [Finding(f"{PREFIX}TLS", False, "密码会不加密地经过网络", fix)]
    return [await _try(config)]


async def _try(config: MailConfig) -> Finding:
    try:
        async with Mail(config).connected() as server:
            return await _sender(server, config)
    except (SMTPException, OSError, TimeoutError) as error:
        return _why(error, config)


async def _sender(server: SMTP, config: MailConfig) -> Finding:
    """Whether the server takes letters from our address; no letter is sent."""
    try:
        await server.mail(address_of(config.sender))
        await server.rset()
    except aiosmtplib.SMTPResponseException as error:
        fix = "发件人一般要和登录的邮箱相同，或者是它的别名"
        said = f"服务器不让用 {config.sender} 发信（{error.code} {one_line(str(error.message), 100)}）"
        return Finding(f"{PREFIX}FROM", False, said, fix)
    return Finding("邮件", True, f"可以用 {address_of(config.sender)} 经 {config.host} 发信")


def _why(error: Exception, config: MailConfig) -> Finding:
    """The setting that explains a failed connection."""
    cause = error.__cause__ or error
    said = error.message if isinstance(error, aiosmtplib.SMTPResponseException) else error
    text = one_line(str(said), 160)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        fix = (
            "核对 ZHONGSHU_MAIL_USER 和 ZHONGSHU_MAIL_PASSWORD；"
            "企业邮箱和 QQ、163 邮箱要用「授权码」或「客户端专用密码」，不是网页登录密码"
        )
        return Finding(f"{PREFIX}PASSWORD", False, f"邮箱 {config.user} 登录不了（{text}）", fix)
    if isinstance(cause, ssl.SSLCertVerificationError):
        fix = "核对服务器名称；自建服务器请换成受信任的证书"
        return Finding(f"{PREFIX}HOST", False, f"{config.host} 的证书不被信任", fix)
    if isinstance(cause, ssl.SSLError) or "STARTTLS" in text.upper() or "TLS" in text.upper():
        fix = "465 端口用 tls，587 端口用 starttls，本机的转发服务才用 none"
        return Finding(
            f"{PREFIX}TLS", False, f"加密方式 {config.tls} 和端口 {config.port} 对不上（{text}）", fix
        )
    if "AUTH" in text.upper():
        fix = "这个服务器不要登录的话，把用户名和密码留空"
        return Finding(f"{PREFIX}USER", False, f"服务器不支持登录（{text}）", fix)
    if _unknown_host(error):
        fix = "核对服务器名称是否写错，服务器能不能解析域名"
        return Finding(f"{PREFIX}HOST", False, f"找不到主机 {config.host}", fix)
    fix = "常用 465（tls）或 587（starttls）；检查防火墙是否放行"
    return Finding(f"{PREFIX}PORT", False, f"连不上 {config.host}:{config.port}（{text}）", fix)


def _unknown_host(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False
