"""WeCom's callback crypto: signature, AES-256-CBC envelope, both directions (official page 90968)."""

import base64
import hashlib
import secrets
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CryptoError(ValueError):
    """Wrong signature, key, padding, length or receiver."""


@dataclass(frozen=True)
class Crypto:
    """`aes_key` is the EncodingAESKey of 43 characters; `receiver` the CorpID (empty for an in-house
    aibot).
    """

    token: str
    aes_key: str
    receiver: str

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        parts = sorted((self.token, timestamp, nonce, encrypted))
        return hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324 - the platform's scheme

    def encrypt(self, text: str, salt: bytes | None = None) -> str:
        """Base64 of the encrypted text; `salt` are the 16 random bytes in front of it."""
        body = text.encode()
        plain = (
            (salt or secrets.token_bytes(16)) + struct.pack(">I", len(body)) + body + self.receiver.encode()
        )
        pad = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Raises CryptoError for anything that this app's key did not make for this receiver."""
        try:
            raw = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(raw) + decryptor.finalize()
        except ValueError as mistake:
            raise CryptoError(f"not decryptable: {mistake}") from mistake
        pad = plain[-1] if plain else 0
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad or len(plain) < 20 + pad:
            raise CryptoError("bad padding")
        (length,) = struct.unpack(">I", plain[16:20])
        text, receiver = plain[20 : 20 + length], plain[20 + length : -pad]
        if len(text) != length or receiver.decode(errors="replace") != self.receiver:
            raise CryptoError("bad length or foreign receiver")
        return text.decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
