"""Signatures: of links to images and files, of polling links, of webhook bodies. All HMAC-SHA256, all compared in constant time.

A link is a signature, not a row: nothing is stored for it, and the same question gives the same link.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

STANDARD_PREFIX = "whsec_"


def _mac(secret: bytes, *parts: str) -> bytes:
    """The parts are joined with NUL, which none of them may hold, so that no two lists of parts read the same."""
    if any("\0" in part for part in parts):
        raise ValueError("a signed part holds NUL")
    return hmac.new(secret, "\0".join(parts).encode(), hashlib.sha256).digest()


def _text(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def same(expected: str, given: str) -> bool:
    """In constant time; what was given may be any text, halves of characters too."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))


def poll_token(secret: bytes, task: UUID) -> str:
    """What lets anyone who holds a task's polling URL read that task, and nothing else."""
    return _text(_mac(secret, "poll", str(task)))


def poll_token_holds(secret: bytes, task: UUID, token: str) -> bool:
    return same(poll_token(secret, task), token)


def order_key(secret: bytes, task: UUID) -> str:
    """What signs the addresses at which providers tell of a task's orders: see `core.hooks`. Workers know it."""
    return _text(_mac(secret, "orders", str(task)))


def order_token(key: str, order: str) -> str:
    return _text(_mac(key.encode(), "order", order))


@dataclass(frozen=True)
class ImageLink:
    """One picture of a task, until `expires` (whole Unix seconds)."""

    task: UUID
    index: int
    expires: int

    def signature(self, secret: bytes) -> str:
        return _text(_mac(secret, "image", str(self.task), str(self.index), str(self.expires)))

    def holds(self, secret: bytes, signature: str) -> bool:
        return same(self.signature(secret), signature)


@dataclass(frozen=True)
class FileLink:
    """An uploaded file of an account, until `expires` (whole Unix seconds)."""

    file: UUID
    owner: str
    expires: int

    def signature(self, secret: bytes) -> str:
        return _text(_mac(secret, "file", str(self.file), self.owner, str(self.expires)))

    def holds(self, secret: bytes, signature: str) -> bool:
        return same(self.signature(secret), signature)


def webhook_key(secret: str) -> bytes:
    """The bytes to sign with: the base64 part of a `whsec_…` secret, padded or not, else the secret's own UTF-8."""
    if secret.startswith(STANDARD_PREFIX):
        letters = secret.removeprefix(STANDARD_PREFIX)
        try:
            return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def account_webhook_secret(secret: bytes, account: str) -> str:
    """The secret that signs an account's webhooks when the request gave none."""
    return STANDARD_PREFIX + base64.b64encode(_mac(secret, "webhook", account)).decode()


def standard_signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Standard Webhooks: `v1,` and base64 over `id.timestamp.body`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def bfl_signature(secret: str, body: bytes) -> str:
    """BFL's X-BFL-Signature: `sha256=` and hex over the body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
