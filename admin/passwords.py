"""Passwords as scrypt hashes: `scrypt$<log2 n>$<r>$<p>$<salt>$<hash>`, both in URL-safe base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

LOG_N, R, P = 15, 8, 1
MEMORY = 64 * 1024 * 1024
SHORTEST = 10
LONGEST = 200


def hash_password(password: str) -> str:
    """A new hash with a new salt; takes about 0.1 s."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, LOG_N, R, P)
    return f"scrypt${LOG_N}${R}${P}${_text(salt)}${_text(digest)}"


def verify(password: str, stored: str) -> bool:
    """True when the password made this hash."""
    _, log_n, r, p, salt, digest = stored.split("$")
    found = _scrypt(password, _bytes(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, _bytes(digest))


def random_password() -> str:
    """A password for a first login, without letters that look alike; 95 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


# What an unknown name is compared with, so that it takes as long as a known one; no password makes it.
NOBODY = f"scrypt${LOG_N}${R}${P}${'A' * 22}==${'A' * 43}="


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << log_n, r=r, p=p, maxmem=MEMORY, dklen=32)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
