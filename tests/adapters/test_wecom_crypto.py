"""The callback envelope: the public vectors, and every way to bend an envelope."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.adapters.wecom_crypto import CallbackError, Cipher, Signed, encrypted_of, read_xml

OFFICIAL = ("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
SALT = b"abcdefghijklmnop"
NOW = 1700000000

VECTORS = {
    "official echostr": (
        OFFICIAL,
        Signed("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780"),
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
        "1616140317555161061",
    ),
    "official text": (
        OFFICIAL,
        Signed("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149"),
        (
            "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg"
            "3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+k"
            "DZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6ti"
            "WSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p"
            "8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
        ),
        "<Content><![CDATA[hello]]></Content>",
    ),
    "card click": (
        OFFICIAL,
        Signed("409706921b706fdba986c3e3e613ac38ef765a04", "1700000000", "nonce123"),
        (
            "7ho9XWI/HTOA1L6oduAxXyj66AqQDYOX8ZPg7itlyIYFqhjq2BHd/mo602kGtPetWKCr+Tab727NBkt4HByHph4uyYxzBhvm"
            "eHwkEk/QBmYNtsQ3uHc3zSG+6ZSXL2SER7XnhdfEyf8GqVDYovxdMChjCGFqMYBiK2/9Gj01TS4AYAURz2rBlZlbhRX8pYBL"
            "zd5cAoI9R7uoAaF8fj8UN8JJKtj8OlKClEZeMDFC6zaEdQPBjUXH4m/2p7YrQqIoGzSbD8B7GxPoa9Z4dxpPW8GkWUuhEFyR"
            "UKOTSCaGE9l5T/oUqSMG0kz9mbF1v4fTTaxaGS0LsuqHqxxs07bw4RTlv2y5ouLbTUyRKngTX426gPrTzMlP5GR2vxUdqVb2"
            "XpEpkgDKQTuYU5La5MOavRbpPWQrLR+nzpDBi03velKjwTz4Qj9Y+4tCUqy2IsPgoj2RA3PvPNIwnizWCxEaW6edpz3J26R6"
            "jN+X5eJ2xsLEKxAG1XBdoV6jqk6H6ltorFP3jrE0j3Ur77FZWykDIirQIuZrHLHfKq5hsaha19nOqkqyDfWN1PsQWWCSSxQy"
            "CfV2wUBdL1t7Dx2aaCWggtdAGo5Q6qkG0voGduo/4PXqZjyzfDtKhs6s/BL9iBy1"
        ),
        "<TaskId><![CDATA[form-17_3@a1]]></TaskId>",
    ),
    "wechatpy echostr": (
        ("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a"),
        Signed("dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "1411443780", "437374425"),
        "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
        "5927782489442352469",
    ),
    "really received": (
        ("kz7Yx62CH8SaLN", "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP", "wwf181555a13a31443"),
        Signed("a44d1b7dc3dc4b02edd99dc32afa6a26be7c92f6", "1583995625", "1584392382"),
        (
            "fyVN9BUnH6xNl0/VCHTCg6XGxxvoFdyZ7VQbAbBcQ79dVccYvdIyJYZSMMhkPy8LPaoe+V27qjoQ553fXavmrPOgxzHrKKf3YIu6"
            "3pB4/nN0LY4S+GzUFi/LLFj1TI1sOh0q2jT5u1nYz5G3HFNLd3DFUvJVLtZl8mVMwUOzBpzKZhhmCvIJLVlvym9tt+VYwG06MSbm"
            "nf9AzYFKhm1BIy+95Q824ilY6Wy8l+vkFqEdASl2k83jMXvlkVRSB3hmNptWTbq8ygDdLtkCyA4UEiZvfTskqqVkbYwLptRl/1F+"
            "DVL9SH/TWt2j3dCm4rzY5jQG+fA+2xh2Kk+OrVgafqtQCfhjq8C38A2IwCcg2BONKk8s5ijFxQoszmXvJQ3zLYbjzRWQ40xhryDy"
            "PNNse7/slKVW2QMBEUPNOxUcX9k="
        ),
        "<Content><![CDATA[x123]]></Content>",
    ),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_public_vectors_open_as_with_wechatpy(vector):
    """Official, wechatpy's own, and a message that a customer really received."""
    keys, signed, encrypted, expected = vector
    plain = Cipher(*keys).open(encrypted, signed, int(signed.timestamp))
    theirs = WeChatCrypto(*keys).check_signature(signed.signature, signed.timestamp, signed.nonce, encrypted)
    assert expected in plain
    assert plain == theirs


def test_sealing_gives_the_published_bytes():
    """The deterministic vector: same salt, time and nonce give the same envelope, and wechatpy opens it."""
    text = "<xml><Content>你好</Content></xml>"
    envelope = Cipher(*OFFICIAL).seal(text, timestamp=str(NOW), nonce="nonce123", salt=SALT)
    assert encrypted_of(envelope.encode()) == (
        "7ho9XWI/HTOA1L6oduAxXyd+x+1jeFpJPiAWbNBCv/O5D8EA4HFFENbwlLB2guYY"
        "W79GTDxW91iczLHb5Qi2AhNY23sd4RfWbkJm99sv0NQ4Zn6X8FWZd9ZkB9lGgT9i"
    )
    signature = read_xml(envelope).findtext("MsgSignature")
    assert signature == "4379175e3b3577ffc267ab564b22b7983cc639de"
    assert WeChatCrypto(*OFFICIAL).decrypt_message(envelope, signature, str(NOW), "nonce123") == text


def sealed(text: str = "<xml/>", keys=OFFICIAL, at: int = NOW, nonce: str = "n1") -> tuple[str, Signed]:
    envelope = Cipher(*keys).seal(text, timestamp=str(at), nonce=nonce, salt=SALT)
    return encrypted_of(envelope.encode()), Signed(
        read_xml(envelope).findtext("MsgSignature") or "", str(at), nonce
    )


def resealed(plain: bytes) -> tuple[str, Signed]:
    """Any plaintext, truly signed: what only the holder of the key could make."""
    cipher = Cipher(*OFFICIAL)
    encrypted = base64.b64encode(cipher._aes.encrypt(plain)).decode()
    return encrypted, Signed(cipher.signature(str(NOW), "n1", encrypted), str(NOW), "n1")


@pytest.mark.parametrize("length", range(1, 40))
def test_every_padding_opens(length):
    """Pads of 1 to 32 bytes, the full block included."""
    encrypted, signed = sealed("x" * length)
    assert Cipher(*OFFICIAL).open(encrypted, signed, NOW) == "x" * length


def test_bent_signature_values_are_refused():
    """Signature, time, nonce, cipher text: each bound by the signature, digits may not wander."""
    encrypted, signed = sealed(nonce="57")
    bent = {
        "signature": [
            replace(signed, signature="0" * 40),
            replace(signed, signature=""),
            replace(signed, signature=signed.signature.upper()),
            replace(signed, signature="签名"),
            replace(signed, timestamp=str(NOW + 1)),
            replace(signed, nonce="58"),
            replace(signed, nonce="\udcff"),
        ],
        "timestamp": [replace(signed, timestamp=f"{NOW}5", nonce="7")],
    }
    for reason, cases in bent.items():
        for case in cases:
            with pytest.raises(CallbackError, match=reason):
                Cipher(*OFFICIAL).open(encrypted, case, NOW)
    with pytest.raises(CallbackError, match="signature"):
        Cipher(*OFFICIAL).open("A" + encrypted[1:], signed, NOW)


@pytest.mark.parametrize(("skew", "fresh"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way(skew, fresh):
    """A callback is believed for 300 seconds."""
    encrypted, signed = sealed()
    if fresh:
        assert Cipher(*OFFICIAL).open(encrypted, signed, NOW + skew) == "<xml/>"
        return
    with pytest.raises(CallbackError, match="timestamp"):
        Cipher(*OFFICIAL).open(encrypted, signed, NOW + skew)


@pytest.mark.parametrize(
    "timestamp", ["1700000000\n", "１７００００００００", "170000000", "-170000000", "1.7e9", ""]
)
def test_a_timestamp_is_ten_digits(timestamp):
    """Even truly signed, anything else is refused."""
    encrypted, _ = sealed()
    signature = Cipher(*OFFICIAL).signature(timestamp, "n1", encrypted)
    with pytest.raises(CallbackError, match="timestamp"):
        Cipher(*OFFICIAL).open(encrypted, Signed(signature, timestamp, "n1"), NOW)


def padded(plain: bytes, pad: bytes | None = None) -> bytes:
    size = 32 - len(plain) % 32
    return plain + (pad or bytes([size]) * size)


CORP = OFFICIAL[2].encode()
BENT_PLAIN = {
    "pad byte differs": padded(
        SALT + b"\0\0\0\x01x" + CORP, b"\x00" * 8 + bytes([25]) * 1 + bytes([25]) * 16
    ),
    "pad zero": bytes(32),
    "pad over 32": b"x" * 31 + bytes([33]),
    "length beyond the end": padded(SALT + b"\0\0\xff\xffx" + CORP),
    "length huge": padded(SALT + b"\xff\xff\xff\xffx" + CORP),
    "too short": bytes([32]) * 32,
    "not UTF-8": padded(SALT + b"\0\0\0\x02\xff\xfe" + CORP),
}


@pytest.mark.parametrize("plain", BENT_PLAIN.values(), ids=BENT_PLAIN)
def test_bent_plaintext_is_refused(plain):
    """With a true signature: padding, length field and encoding are still verified."""
    plain = plain[: len(plain) // 32 * 32]
    with pytest.raises(CallbackError, match="decrypt"):
        Cipher(*OFFICIAL).open(*resealed(plain), NOW)


@pytest.mark.parametrize("receiver", [b"", b"wxOTHER", CORP + b"x", CORP[:-1]])
def test_another_receiver_is_refused(receiver):
    """The corp id at the end is compared whole; an empty one is no corp."""
    with pytest.raises(CallbackError, match="receiver"):
        Cipher(*OFFICIAL).open(*resealed(padded(SALT + b"\0\0\0\x01x" + receiver)), NOW)


def test_the_wrong_setting_can_be_told_apart():
    """Wrong token → signature; wrong key → decrypt; wrong corp id → receiver."""
    token, key, corp = OFFICIAL
    wrong = {
        "signature": ("other", key, corp),
        "decrypt": (token, VECTORS["wechatpy echostr"][0][1], corp),
        "receiver": (token, key, "wwOTHER"),
    }
    for reason, keys in wrong.items():
        with pytest.raises(CallbackError, match=reason):
            Cipher(*keys).open(*sealed("<xml>hello</xml>"), NOW)


@pytest.mark.parametrize("encrypted", ["", "!!!!", "AAAA", "é", "QUJD\nQUJD", "A" * 43])
def test_cipher_text_must_be_whole_blocks_of_base64(encrypted):
    cipher = Cipher(*OFFICIAL)
    signed = Signed(cipher.signature(str(NOW), "n1", encrypted), str(NOW), "n1")
    with pytest.raises(CallbackError, match=r"base64|decrypt"):
        cipher.open(encrypted, signed, NOW)


@pytest.mark.parametrize(
    "keys", [("", OFFICIAL[1], "c"), ("t", OFFICIAL[1], ""), ("t", "short", "c"), ("t", "=" * 43, "c")]
)
def test_impossible_keys_are_refused_at_once(keys):
    with pytest.raises(ValueError, match=r"Token|CorpID|EncodingAESKey"):
        Cipher(*keys)


BAD_BODIES = {
    "empty": b"",
    "no XML": b"hello",
    "other root": b"<root><Encrypt>x</Encrypt></root>",
    "no Encrypt": b"<xml><ToUserName>c</ToUserName></xml>",
    "empty Encrypt": b"<xml><Encrypt/></xml>",
    "two": b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>",
    "nested": b"<xml><Encrypt>a<b/></Encrypt></xml>",
    "DOCTYPE": b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
    "lower doctype": b"<!doctype xml><xml><Encrypt>a</Encrypt></xml>",
    "comment": b"<xml><!-- --><Encrypt>a</Encrypt></xml>",
    "deep": b"<xml>" + b"<a>" * 9 + b"</a>" * 9 + b"<Encrypt>a</Encrypt></xml>",
    "open": b"<xml><Encrypt>a</Encrypt>",
    "GBK": "<xml><Encrypt>中</Encrypt></xml>".encode("gbk"),
    "UTF-16": "<xml><Encrypt>a</Encrypt></xml>".encode("utf-16"),
    "NUL": b"<xml><Encrypt>a\0</Encrypt></xml>",
    "unknown entity": b"<xml><Encrypt>&a;</Encrypt></xml>",
    "JSON": b'{"encrypt": "a"}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_bodies_raise_one_error_type(body):
    with pytest.raises(CallbackError):
        encrypted_of(body)


def test_words_of_people_are_not_declarations():
    """A message may say "<!DOCTYPE": inside CDATA it is only text."""
    root = read_xml("<xml><Content><![CDATA[<!DOCTYPE html> ]]]]><![CDATA[>]]></Content></xml>")
    assert root.findtext("Content") == "<!DOCTYPE html> ]]>"
