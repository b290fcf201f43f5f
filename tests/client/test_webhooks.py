"""Who receives a webhook can tell whether it is ours."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from standardwebhooks import Webhook

from mezzotint.client.webhooks import TOLERANCE, BadWebhook, verify, verify_bfl
from mezzotint.core.signing import bfl_signature, standard_signature, webhook_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_800_000_000
BODY = json.dumps({"id": "t1", "status": "Ready"}).encode()


def headers(body: bytes = BODY, secret: str = SECRET, at: int = NOW, **changed: str) -> dict[str, str]:
    signature = standard_signature(webhook_key(secret), "m1", at, body)
    return {"webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": signature} | {
        name.replace("_", "-"): value for name, value in changed.items()
    }


@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), "any words"])
def test_what_was_signed_with_the_secret_is_taken(secret: str) -> None:
    assert verify(BODY, headers(secret=secret), secret, NOW) == {"id": "t1", "status": "Ready"}


def test_what_the_standards_own_library_signs_is_taken() -> None:
    signature = Webhook(SECRET).sign("m1", datetime.fromtimestamp(NOW, timezone.utc), BODY.decode())

    assert verify(BODY, headers(webhook_signature=signature), SECRET, NOW)["id"] == "t1"


def test_names_of_headers_may_be_written_as_anyone_likes() -> None:
    assert verify(BODY, {name.title(): value for name, value in headers().items()}, SECRET, NOW)


def test_one_good_signature_among_several_is_enough() -> None:
    good = headers()["webhook-signature"]

    assert verify(BODY, headers(webhook_signature=f"v1a,other v1,{'A' * 44} {good}"), SECRET, NOW)


@pytest.mark.parametrize("off", [-TOLERANCE, 0, TOLERANCE])
def test_clocks_may_differ_a_little(off: int) -> None:
    assert verify(BODY, headers(at=NOW + off), SECRET, NOW)


@pytest.mark.parametrize(
    ("body", "changed", "why"),
    [
        (BODY + b" ", {}, "signature does not hold"),
        (BODY, {"webhook_id": "m2"}, "signature does not hold"),
        (BODY, {"webhook_timestamp": str(NOW + 1)}, "signature does not hold"),
        (BODY, {"webhook_signature": ""}, "signature does not hold"),
        (BODY, {"webhook_signature": "v1,ünïcode \udcff"}, "signature does not hold"),
        (BODY, {"webhook_id": ""}, "no id or no time"),
        (BODY, {"webhook_id": "m1\udcff"}, "no id or no time"),
        (BODY, {"webhook_timestamp": ""}, "no id or no time"),
        (BODY, {"webhook_timestamp": "soon"}, "no id or no time"),
        (BODY, {"webhook_timestamp": "-1"}, "no id or no time"),
        (BODY, {"webhook_timestamp": "١٢٣"}, "no id or no time"),
        (BODY, {"webhook_timestamp": str(NOW - TOLERANCE - 1)}, "seconds off"),
        (BODY, {"webhook_timestamp": str(NOW + TOLERANCE + 1)}, "seconds off"),
    ],
)
def test_whatever_was_altered_is_noticed(body: bytes, changed: Any, why: str) -> None:
    with pytest.raises(BadWebhook, match=why):
        verify(body, headers(**changed), SECRET, NOW)


def test_another_secret_does_not_do() -> None:
    with pytest.raises(BadWebhook, match="signature does not hold"):
        verify(BODY, headers(secret="another"), SECRET, NOW)


@pytest.mark.parametrize("empty", ["", "whsec_"])
def test_no_secret_at_all_never_does_although_anyone_can_sign_with_it(empty: str) -> None:
    with pytest.raises(BadWebhook, match="no secret"):
        verify(BODY, headers(secret=empty), empty, NOW)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_signed_and_yet_no_object_is_refused_in_our_words(body: bytes) -> None:
    with pytest.raises(BadWebhook, match="no JSON object"):
        verify(body, headers(body), SECRET, NOW)


def test_headers_that_are_missing_are_no_error_of_another_kind() -> None:
    with pytest.raises(BadWebhook, match="no id or no time"):
        verify(BODY, {}, SECRET, NOW)


# Black Forest Labs' header


@pytest.mark.parametrize("name", ["X-BFL-Signature", "x-bfl-signature"])
def test_what_carries_their_signature_is_taken(name: str) -> None:
    verify_bfl(BODY, {name: bfl_signature(SECRET, BODY)}, SECRET)


@pytest.mark.parametrize(
    ("body", "secret", "signature"),
    [
        (BODY + b" ", SECRET, bfl_signature(SECRET, BODY)),
        (BODY, "another", bfl_signature(SECRET, BODY)),
        (BODY, SECRET, bfl_signature(SECRET, BODY).removeprefix("sha256=")),
        (BODY, SECRET, bfl_signature(SECRET, BODY).upper()),
        (BODY, SECRET, "ünïcode \udcff"),
        (BODY, SECRET, None),
        (BODY, "", bfl_signature("", BODY)),
    ],
    ids=["altered", "another secret", "bare", "in capitals", "no hex", "none", "no secret"],
)
def test_what_does_not_carry_it_is_refused(body: bytes, secret: str, signature: str | None) -> None:
    with pytest.raises(BadWebhook, match=r"does not hold|no secret"):
        verify_bfl(body, {} if signature is None else {"x-bfl-signature": signature}, secret)
