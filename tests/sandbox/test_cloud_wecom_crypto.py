"""The callback crypto against the public vectors and against wechatpy."""

import xml.etree.ElementTree as ET

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from sandbox.wecom_crypto import Crypto, CryptoError

SAMPLE = Crypto("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
HELLO = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3"
    "TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gs"
    "ijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUa"
    "x5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIG"
    "HBZZIs2pDBS8R07+qN+E7Q=="
)
REAL_2020 = (
    "fyVN9BUnH6xNl0/VCHTCg6XGxxvoFdyZ7VQbAbBcQ79dVccYvdIyJYZSMMhkPy8LPaoe+V27qjoQ553fXavmrPOgxzHrKKf3YIu63pB4/nN0LY4S"
    "+GzUFi/LLFj1TI1sOh0q2jT5u1nYz5G3HFNLd3DFUvJVLtZl8mVMwUOzBpzKZhhmCvIJLVlvym9tt+VYwG06MSbmnf9AzYFKhm1BIy+95Q824ilY"
    "6Wy8l+vkFqEdASl2k83jMXvlkVRSB3hmNptWTbq8ygDdLtkCyA4UEiZvfTskqqVkbYwLptRl/1F+DVL9SH/TWt2j3dCm4rzY5jQG+fA+2xh2Kk+O"
    "rVgafqtQCfhjq8C38A2IwCcg2BONKk8s5ijFxQoszmXvJQ3zLYbjzRWQ40xhryDyPNNse7/slKVW2QMBEUPNOxUcX9k="
)


@pytest.mark.parametrize(
    ("crypto", "timestamp", "nonce", "encrypted", "signature", "plain"),
    [
        (
            SAMPLE,
            "1409659589",
            "263014780",
            "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
            "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
            "1616140317555161061",
        ),
        (
            Crypto("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"),
            "1411443780",
            "437374425",
            "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
            "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
            "5927782489442352469",
        ),
    ],
)
def test_url_verification_vectors(
    crypto: Crypto, timestamp: str, nonce: str, encrypted: str, signature: str, plain: str
) -> None:
    assert crypto.sign(timestamp, nonce, encrypted) == signature
    assert crypto.decrypt(encrypted) == plain


def test_message_vectors() -> None:
    assert SAMPLE.sign("1409659813", "1372623149", HELLO) == "477715d11cdb4164915debcba66cb864d751f3e6"
    message = ET.fromstring(SAMPLE.decrypt(HELLO))
    assert (message.findtext("Content"), message.findtext("AgentID")) == ("hello", "218")
    real = Crypto("kz7Yx62CH8SaLN", "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP", "wwf181555a13a31443")
    assert real.sign("1583995625", "1584392382", REAL_2020) == "a44d1b7dc3dc4b02edd99dc32afa6a26be7c92f6"
    assert ET.fromstring(real.decrypt(REAL_2020)).findtext("Content") == "x123"


def test_encryption_vector() -> None:
    """The random bytes fixed, our cipher text is the published one."""
    encrypted = SAMPLE.encrypt("<xml><Content>你好</Content></xml>", b"abcdefghijklmnop")
    assert encrypted == (
        "7ho9XWI/HTOA1L6oduAxXyd+x+1jeFpJPiAWbNBCv/O5D8EA4HFFENbwlLB2guYYW79GTDxW91iczLHb5Qi2AhNY23sd4RfWbkJm99sv0NQ4Zn6X"
        "8FWZd9ZkB9lGgT9i"
    )
    assert SAMPLE.sign("1700000000", "nonce123", encrypted) == "4379175e3b3577ffc267ab564b22b7983cc639de"


def test_wechatpy_reads_us_and_we_read_wechatpy() -> None:
    theirs = WeChatCrypto(SAMPLE.token, SAMPLE.aes_key, SAMPLE.receiver)
    encrypted = SAMPLE.encrypt("<xml><A>你好</A></xml>")
    envelope = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    plain = theirs.decrypt_message(envelope, SAMPLE.sign("1", "2", encrypted), "1", "2")
    assert plain == "<xml><A>你好</A></xml>"
    reply = ET.fromstring(theirs.encrypt_message("<xml>回复</xml>", "n", "7"))
    assert SAMPLE.decrypt(reply.findtext("Encrypt") or "") == "<xml>回复</xml>"


def test_what_must_not_open() -> None:
    foreign = Crypto(SAMPLE.token, SAMPLE.aes_key, "wwother").encrypt("x")
    for encrypted in (foreign, "not base64!", "AAAA", HELLO[:64]):
        with pytest.raises(CryptoError):
            SAMPLE.decrypt(encrypted)
