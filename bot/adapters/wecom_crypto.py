"""The envelope of WeCom callbacks: signature, AES, length, receiver; every check before a byte is believed.

wechatpy gives the cipher and the signature; the checks are ours, because its `decrypt_message` verifies
neither padding nor freshness and compares with `!=`. Wire format: developer.work.weixin.qq.com, path 90968.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from wechatpy.crypto import WeChatCipher
from wechatpy.utils import WeChatSigner

FRESH_SECONDS = 300
BLOCK = 32  # the padding of WeCom goes to 32 bytes, not to AES's 16
SALT = 16
MAX_DEPTH = 8

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_TIMESTAMP = re.compile(r"[0-9]{10}")


class CallbackError(Exception):
    """A callback that is not believed. `reason` is a code for logs and counters, never shown outside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """The three query values under which an encrypted text arrived."""

    signature: str
    timestamp: str
    nonce: str


class Cipher:
    """Opens and seals texts for one app. Raises ValueError for a key or a corp id that cannot be right."""

    def __init__(self, token: str, aes_key: str, corp_id: str) -> None:
        if not corp_id:
            raise ValueError("CorpID 为空")
        if not token:
            raise ValueError("Token 为空")
        if not _AES_KEY.fullmatch(aes_key):
            raise ValueError("EncodingAESKey 应为 43 位字母和数字")
        self._token = token
        self._receiver = corp_id.encode()
        self._aes = WeChatCipher(base64.b64decode(aes_key + "="))

    def open(self, encrypted: str, signed: Signed, now: float) -> str:
        """The text inside; raises CallbackError.

        The signature comes first, so that "timestamp", "decrypt" and "receiver" are only ever said of
        something that the holder of the token has sent.
        """
        expected = self.signature(signed.timestamp, signed.nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signed.signature.encode("utf-8", "replace")):
            raise CallbackError("signature")
        # Exactly ten digits: the parts are joined without a separator, so digits could wander into the nonce.
        if not _TIMESTAMP.fullmatch(signed.timestamp) or abs(now - int(signed.timestamp)) > FRESH_SECONDS:
            raise CallbackError("timestamp")
        return self._unpack(self._decrypt(encrypted))

    def seal(self, text: str, *, timestamp: str, nonce: str, salt: bytes) -> str:
        """The reply envelope around `text`; `salt` is 16 fresh random bytes."""
        body = text.encode()
        packed = salt + len(body).to_bytes(4, "big") + body + self._receiver
        pad = BLOCK - len(packed) % BLOCK
        encrypted = base64.b64encode(bytes(self._aes.encrypt(packed + bytes([pad]) * pad))).decode()
        envelope = ET.Element("xml")
        ET.SubElement(envelope, "Encrypt").text = encrypted
        ET.SubElement(envelope, "MsgSignature").text = self.signature(timestamp, nonce, encrypted)
        ET.SubElement(envelope, "TimeStamp").text = timestamp
        ET.SubElement(envelope, "Nonce").text = nonce
        return ET.tostring(envelope, encoding="unicode")

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """SHA-1 over the four values in byte order, lower-case hex."""
        signer = WeChatSigner()
        parts = (self._token, timestamp, nonce, encrypted)
        signer.add_data(*(part.encode("utf-8", "replace") for part in parts))
        return str(signer.signature)

    def _decrypt(self, encrypted: str) -> bytes:
        try:
            cipher_text = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise CallbackError("base64") from None
        if not cipher_text or len(cipher_text) % BLOCK:
            raise CallbackError("decrypt")
        plain = bytes(self._aes.decrypt(cipher_text))
        pad = plain[-1]
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
            raise CallbackError("decrypt")
        return plain[:-pad]

    def _unpack(self, plain: bytes) -> str:
        if len(plain) < SALT + 4:
            raise CallbackError("decrypt")
        length = int.from_bytes(plain[SALT : SALT + 4], "big")
        body, receiver = plain[SALT + 4 : SALT + 4 + length], plain[SALT + 4 + length :]
        if len(body) != length:
            raise CallbackError("decrypt")
        if not hmac.compare_digest(receiver, self._receiver):
            raise CallbackError("receiver")
        try:
            return body.decode()
        except UnicodeDecodeError:
            raise CallbackError("decrypt") from None


class _Shallow(ET.TreeBuilder):
    """A tree builder that stops at MAX_DEPTH."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CallbackError("depth")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


def read_xml(text: str) -> ET.Element:
    """The root of a small document without declarations; raises CallbackError.

    Only what stands outside CDATA is searched for `<!`: a person may well write "<!DOCTYPE" in a message.
    """
    head, *sections = text.split("<![CDATA[")
    outside = head + "".join(section.partition("]]>")[2] for section in sections)
    if "<!" in outside:
        raise CallbackError("doctype")
    parser = ET.XMLParser(target=_Shallow())  # noqa: S314  no declaration gets this far
    try:
        parser.feed(text)
        root = parser.close()
    except (ET.ParseError, ValueError):  # ValueError: a NUL or a lone surrogate
        raise CallbackError("xml") from None
    if not isinstance(root, ET.Element) or root.tag != "xml":
        raise CallbackError("xml")
    return root


def encrypted_of(body: bytes) -> str:
    """The one `Encrypt` of a callback's envelope; the order of the elements is not relied on."""
    try:
        root = read_xml(body.decode())
    except UnicodeDecodeError:
        raise CallbackError("encoding") from None
    found = root.findall("Encrypt")
    if len(found) != 1 or len(found[0]) or not found[0].text:
        raise CallbackError("encrypt_missing")
    return found[0].text.strip()


REFUSALS: Mapping[str, str] = {
    "signature": "签名不对：请核对 ZHONGSHU_WECOM_TOKEN 与后台“接收消息”里的 Token。",
    "decrypt": "解密失败：请核对 ZHONGSHU_WECOM_AES_KEY 与后台“接收消息”里的 EncodingAESKey。",
    "receiver": "消息不是发给本企业的：请核对 ZHONGSHU_WECOM_CORP_ID。",
    "timestamp": "消息时间相差超过 5 分钟：请校准服务器时间（NTP）。",
}
