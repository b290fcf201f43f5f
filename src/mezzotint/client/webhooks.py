"""Check that a webhook you received is from your server, and unaltered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mezzotint.client.errors import ClientError
from mezzotint.core.signing import bfl_signature, same, standard_signature, webhook_key

BFL_SIGNATURE = "x-bfl-signature"
TOLERANCE = 300  # seconds that a webhook's time may be off


class BadWebhook(ClientError):
    """The webhook is not what it says it is."""


def verify(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> dict[str, Any]:
    """The webhook's content. `now` is the receiver's Unix time. Raises BadWebhook."""
    key = webhook_key(secret)
    if not key:
        raise BadWebhook("there is no secret to check the webhook with: without one, anybody could have signed it")
    given = {name.lower(): value for name, value in headers.items()}
    message, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (message.isascii() and message.isprintable() and message) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise BadWebhook("the webhook has no id or no time")
    if abs(int(timestamp) - now) > TOLERANCE:
        raise BadWebhook(f"the webhook's time is more than {TOLERANCE} seconds off")
    expected = standard_signature(key, message, int(timestamp), body)
    signatures = given.get("webhook-signature", "").split()
    if not any(same(expected, signature) for signature in signatures):
        raise BadWebhook("the webhook's signature does not hold")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise BadWebhook("the webhook is no JSON object")
    return content


def verify_bfl(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Checks `X-BFL-Signature`, which comes beside the others where the request gave a secret. It says nothing of when it was made.

    Raises BadWebhook.
    """
    if not secret:
        raise BadWebhook("there is no secret to check the webhook with: without one, anybody could have signed it")
    given = next((value for name, value in headers.items() if name.lower() == BFL_SIGNATURE), "")
    if not same(bfl_signature(secret, body), given):
        raise BadWebhook("the webhook's X-BFL-Signature does not hold")
