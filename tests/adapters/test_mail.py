"""Letters over SMTP, against a mail server that is not ours (aiosmtpd): TLS, login, refusals, headers."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.adapters.base import PlatformError
from bot.adapters.mail import Attachment, Mail, MailConfig, MailLetter, compose
from bot.adapters.mail_doctor import findings
from core.reach import Channel, addresses_in, is_email
from core.settings import Settings

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NASTY = "好\r\nBcc: thief@evil.example\r\n\r\n<script>alert(1)</script>"


class Box:
    """What the server took, and which receivers it refuses."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:
        envelope.mail_from = address
        return "553 5.7.1 not your address" if address == "other@hongda.example" else "250 ok"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:
        if address not in self.refuse:
            envelope.rcpt_tos.append(address)
        return self.refuse.get(address, "250 ok")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        letter["X-To"] = ",".join(envelope.rcpt_tos)
        self.letters.append(letter)
        return "250 kept"


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context around a fresh self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Controller, Box, ssl.SSLContext]]:
    """A server with STARTTLS that wants a login."""
    ours, theirs = certificate(tmp_path_factory.mktemp("mail"))
    box = Box()

    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        known = (given.login, given.password) == (b"oa", b"right")
        return AuthResult(success=known, handled=known)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=unused_port(),
        tls_context=ours,
        require_starttls=True,
        auth_required=True,
        authenticator=login,
    )
    controller.start()
    yield controller, box, theirs
    controller.stop()


def config_of(post: tuple[Controller, Box, ssl.SSLContext], **more: Any) -> MailConfig:
    given = {
        "host": "127.0.0.1",
        "port": post[0].port,
        "tls": "starttls",
        "user": "oa",
        "password": "right",
        "sender": "鸿达机电 <oa@hongda.example>",
        "trust": post[2],
    }
    return MailConfig(**{**given, **more})


def letter(**more: Any) -> MailLetter:
    given = {
        "to": "li@hongda.example",
        "subject": "报销已通过",
        "text": "您的报销已通过。",
        "key": "01abc",
        "at": AT,
    }
    return MailLetter(**{**given, **more})


async def test_a_letter_with_link_and_attachment_over_starttls(post: Any):
    """登录后经 STARTTLS 发出；正文有纯文本和网页两种，带链接和附件；同一行重发编号不变。"""
    mail = Mail(config_of(post))
    sheet = Attachment("报销单BX-1.pdf", "application/pdf", b"%PDF-1.7 x")
    sent = letter(link=("查看单据", "https://zs.example/h5/l/abc"), files=(sheet,))
    await mail.send(sent)
    await mail.send(sent)

    one, two = post[1].letters[-2:]
    assert one["Subject"] == "报销已通过"
    assert str(one["From"]) == "鸿达机电 <oa@hongda.example>"
    assert one["X-To"] == "li@hongda.example"
    assert one["Message-ID"] == two["Message-ID"] == "<01abc@hongda.example>"
    text, html = one.get_body(("plain",)).get_content(), one.get_body(("html",)).get_content()
    assert "您的报销已通过。" in text
    assert "https://zs.example/h5/l/abc" in text
    assert 'href="https://zs.example/h5/l/abc"' in html
    [file] = one.iter_attachments()
    assert file.get_filename() == "报销单BX-1.pdf"
    assert file.get_payload(decode=True) == b"%PDF-1.7 x"


async def test_nothing_typed_becomes_a_header_or_markup(post: Any):
    """标题、名称、附件名里的换行进不了邮件头；正文里的标签只是文字；地址里有换行就不发。"""
    await Mail(config_of(post)).send(
        letter(subject=NASTY, text=NASTY, files=(Attachment(NASTY, "text/html", b"x"),))
    )
    got = post[1].letters[-1]
    assert got["Bcc"] is None
    assert got["Subject"].startswith("好 Bcc: thief@evil.example")
    assert "<script>" not in got.get_body(("html",)).get_content()
    assert "&lt;script&gt;" in got.get_body(("html",)).get_content()
    for address in ("a@b.example\r\nBcc: x@evil.example", "a@b.example, c@d.example", "无", "a@b@c", ""):
        assert not is_email(address)
        with pytest.raises(PlatformError) as refused:
            compose(letter(to=address), config_of(post))
        assert refused.value.permanent


async def test_refusals_say_whether_a_later_try_can_help(post: Any):
    """收件人不存在是永久的，信箱满了（4xx）再试；密码错、连不上都可以再试。"""
    post[1].refuse |= {"gone@x.example": "550 5.1.1 no such user", "full@x.example": "452 4.2.2 full"}
    cases = [
        (config_of(post), "gone@x.example", True, "550"),
        (config_of(post), "full@x.example", False, "452"),
        (config_of(post, password="wrong"), "li@hongda.example", False, "auth"),
        (config_of(post, port=1), "li@hongda.example", False, "unreachable"),
        (config_of(post, tls="tls"), "li@hongda.example", False, "tls"),
    ]
    for config, to, permanent, code in cases:
        with pytest.raises(PlatformError) as refused:
            await Mail(config).send(letter(to=to))
        assert (refused.value.permanent, refused.value.code) == (permanent, code)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"mail_host": ""}, "ZHONGSHU_MAIL_HOST"),
        ({"mail_host": "no-such-host.invalid"}, "ZHONGSHU_MAIL_HOST"),
        ({"mail_port": 1}, "ZHONGSHU_MAIL_PORT"),
        ({"mail_tls": "tls"}, "ZHONGSHU_MAIL_TLS"),
        ({"mail_tls": "starttls"}, "ZHONGSHU_MAIL_HOST"),  # our certificate is not one that the world trusts
        ({"mail_from": "没有地址"}, "ZHONGSHU_MAIL_FROM"),
        ({"mail_host": "mail.hongda.example", "mail_tls": "none"}, "ZHONGSHU_MAIL_TLS"),
    ],
)
async def test_the_doctor_names_the_wrong_setting(post: Any, wrong: dict[str, Any], name: str):
    """每一项设错都说出是哪一项、怎么改。"""
    right = {
        "mail_host": "127.0.0.1",
        "mail_port": post[0].port,
        "mail_tls": "starttls",
        "mail_user": "oa",
        "mail_password": "right",
        "mail_from": "oa@hongda.example",
    }
    [found] = await findings(Settings(**{**right, **wrong}))
    assert (found.ok, found.name) == (False, name)
    assert found.fix


async def test_the_doctor_says_nothing_while_mail_is_off():
    """不发邮件的公司看不到邮件的检查。"""
    assert await findings(Settings()) == []


def test_addresses_out_of_a_field():
    """一个字段里可以有几个地址，用逗号、分号、空格、顿号隔开；重复的只算一次；不像地址的不算。"""
    text = "li@hongda.example; 139-1234-5678，li@hongda.example、+8613800000001 someone@nowhere@x （无）"
    assert addresses_in(text) == (
        (Channel.MAIL, "li@hongda.example"),
        (Channel.SMS, "13912345678"),
        (Channel.SMS, "+8613800000001"),
    )
    assert addresses_in("没有") == ()
