"""Signatures: what was signed holds, and nothing near it does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from collections.abc import Callable
from datetime import datetime, timezone
from uuid import UUID

import hypothesis.strategies as st
import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import given

from mezzotint.client.webhooks import BadWebhook, verify
from mezzotint.core.signing import (
    FileLink,
    ImageLink,
    account_webhook_secret,
    bfl_signature,
    order_key,
    order_token,
    poll_token,
    poll_token_holds,
    standard_signature,
    webhook_key,
)
from tests.tasks import an_id

SECRET, OTHER = b"s" * 32, b"t" * 32
URL_SAFE = set(string.ascii_letters + string.digits + "-_")
BODY = '{"status":"Ready","result":{"prompt":"ein fantastisches bild — ☃"}}'
PADDED = "whsec_" + base64.b64encode(bytes(range(24))).decode()
LONG = "whsec_" + base64.b64encode(bytes(range(200, 232))).decode()


def mutations(text: str) -> list[str]:
    """Everything one character away: another, one less, one more, two exchanged."""
    places = range(len(text))
    altered = {text[:at] + letter + text[at + 1 :] for at in places for letter in "Aa0-_=.é"}
    shorter = {text[:at] + text[at + 1 :] for at in places}
    longer = {text[:at] + letter + text[at:] for at in range(len(text) + 1) for letter in "A= "}
    swapped = {text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(len(text) - 1)}
    return sorted((altered | shorter | longer | swapped | {text.upper(), text.lower(), text + "==", "", "\ud800"}) - {text})


# polling tokens


def test_a_token_opens_its_task() -> None:
    task = an_id()

    token = poll_token(SECRET, task)

    assert poll_token_holds(SECRET, task, token)
    assert len(token) == 43
    assert set(token) <= URL_SAFE


def test_a_token_is_the_same_every_time() -> None:
    task = UUID("01a3185c-5000-7000-8000-000000000001")

    expected = hmac.new(SECRET, b"poll\0" + str(task).encode(), hashlib.sha256).digest()

    assert poll_token(SECRET, task) == base64.urlsafe_b64encode(expected).decode().rstrip("=")


def test_every_mutation_of_a_token_fails() -> None:
    task = an_id()
    token = poll_token(SECRET, task)

    held = [mutated for mutated in mutations(token) if poll_token_holds(SECRET, task, mutated)]

    assert held == []


def test_a_token_opens_no_other_task_and_holds_on_no_other_server() -> None:
    task = an_id()
    token = poll_token(SECRET, task)

    assert not poll_token_holds(SECRET, an_id(), token)
    assert not poll_token_holds(OTHER, task, token)


@given(st.binary(min_size=16, max_size=64), st.uuids(), st.text())
def test_no_text_opens_a_task_but_its_token(secret: bytes, task: UUID, text: str) -> None:
    assert poll_token_holds(secret, task, text) == (text == poll_token(secret, task))


# picture links


def test_a_links_signature_holds_for_the_link() -> None:
    link = ImageLink(an_id(), 0, 1_800_000_600)

    signature = link.signature(SECRET)

    assert link.holds(SECRET, signature)
    assert len(signature) == 43
    assert set(signature) <= URL_SAFE


def test_every_mutation_of_a_signature_fails() -> None:
    link = ImageLink(an_id(), 3, 1_800_000_600)
    signature = link.signature(SECRET)

    held = [mutated for mutated in mutations(signature) if link.holds(SECRET, mutated)]

    assert held == []


@pytest.mark.parametrize("bit", range(128))
def test_a_signature_holds_for_no_task_one_bit_away(bit: int) -> None:
    task = UUID("01a3185c-5000-7000-8000-000000000001")
    signature = ImageLink(task, 0, 1_800_000_600).signature(SECRET)

    assert not ImageLink(UUID(int=task.int ^ 1 << bit), 0, 1_800_000_600).holds(SECRET, signature)


def test_a_signature_holds_for_no_other_picture_time_or_server() -> None:
    task = an_id()
    signature = ImageLink(task, 1, 1_800_000_600).signature(SECRET)

    others = [ImageLink(task, 0, 1_800_000_600), ImageLink(task, 11, 800_000_600), ImageLink(task, 1, 1_800_000_601), ImageLink(task, 1, 18_000_006_000)]

    assert not any(link.holds(SECRET, signature) for link in others)
    assert not ImageLink(task, 1, 1_800_000_600).holds(OTHER, signature)


@given(st.tuples(st.integers(0, 99), st.integers(0, 10**12)), st.tuples(st.integers(0, 99), st.integers(0, 10**12)))
def test_two_links_have_one_signature_only_if_they_are_one(first: tuple[int, int], second: tuple[int, int]) -> None:
    task = UUID("01a3185c-5000-7000-8000-000000000001")

    one, other = (ImageLink(task, *numbers).signature(SECRET) for numbers in (first, second))

    assert (one == other) == (first == second)


def test_a_files_signature_holds_for_no_other_file_owner_time_or_server() -> None:
    file = an_id()
    signature = FileLink(file, "ada", 1_800_000_600).signature(SECRET)

    others = [FileLink(an_id(), "ada", 1_800_000_600), FileLink(file, "ada2", 1_800_000_600), FileLink(file, "ada", 1_800_000_601)]

    assert FileLink(file, "ada", 1_800_000_600).holds(SECRET, signature)
    assert not any(link.holds(SECRET, signature) for link in others)
    assert not FileLink(file, "ada", 1_800_000_600).holds(OTHER, signature)
    assert [mutated for mutated in mutations(signature) if FileLink(file, "ada", 1_800_000_600).holds(SECRET, mutated)] == []


def test_a_token_is_no_signature_of_a_link() -> None:
    task = an_id()

    assert not ImageLink(task, 0, 0).holds(SECRET, poll_token(SECRET, task))
    assert not poll_token_holds(SECRET, task, ImageLink(task, 0, 0).signature(SECRET))


@pytest.mark.parametrize(
    ("sign", "parts"),
    [
        (lambda secret: poll_token(secret, UUID(int=5)), ["poll", str(UUID(int=5))]),
        (ImageLink(UUID(int=5), 1, 1_800_000_600).signature, ["image", str(UUID(int=5)), "1", "1800000600"]),
        (FileLink(UUID(int=5), "ada", 1_800_000_600).signature, ["file", str(UUID(int=5)), "ada", "1800000600"]),
        (lambda secret: account_webhook_secret(secret, "ada").removeprefix("whsec_"), ["webhook", "ada"]),
        (lambda secret: order_key(secret, UUID(int=5)), ["orders", str(UUID(int=5))]),
        (lambda secret: order_token(secret.decode(), "0-1"), ["order", "0-1"]),
    ],
    ids=["polling", "picture", "file", "webhook", "orders", "order"],
)
def test_what_was_signed_by_another_version_holds(sign: Callable[[bytes], str], parts: list[str]) -> None:
    """Links and secrets are out in the world: an upgrade must not change what they are made of."""
    made = hmac.new(SECRET, "\0".join(parts).encode(), hashlib.sha256).digest()

    assert base64.urlsafe_b64decode(sign(SECRET).replace("+", "-").replace("/", "_").rstrip("=") + "=") == made


# webhooks


@pytest.mark.parametrize("secret", [PADDED, LONG, account_webhook_secret(SECRET, "default")], ids=["24 bytes", "32 bytes", "an account's own"])
@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.webhooks.Webhook], ids=["standardwebhooks", "svix"])
def test_the_signature_is_the_one_that_the_libraries_make(library: type, secret: str) -> None:
    signature = standard_signature(webhook_key(secret), "msg_1", 1_800_000_000, BODY.encode())

    assert signature == library(secret).sign("msg_1", datetime.fromtimestamp(1_800_000_000, timezone.utc), BODY)


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.webhooks.Webhook], ids=["standardwebhooks", "svix"])
def test_the_libraries_accept_what_we_send_and_nothing_altered(library: type) -> None:
    now = int(datetime.now(timezone.utc).timestamp())
    signature = standard_signature(webhook_key(PADDED), "msg_1", now, BODY.encode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": signature}

    library(PADDED).verify(BODY, headers)

    for altered in (headers | {"webhook-id": "msg_2"}, headers | {"webhook-timestamp": str(now + 1)}):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            library(PADDED).verify(BODY, altered)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library(PADDED).verify(BODY + " ", headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library(LONG).verify(BODY, headers)


def test_a_secret_without_its_padding_is_read_as_the_libraries_read_it() -> None:
    bare = ("whsec_" + base64.b64encode(bytes(range(32))).decode()).rstrip("=")

    expected = standardwebhooks.Webhook(bare).sign("msg_1", datetime.fromtimestamp(1_800_000_000, timezone.utc), BODY)

    assert standard_signature(webhook_key(bare), "msg_1", 1_800_000_000, BODY.encode()) == expected


@given(st.binary(min_size=1, max_size=64), st.text(alphabet=string.ascii_letters + "_", min_size=1), st.integers(0, 2**33), st.binary())
def test_a_standard_signature_is_an_hmac_over_id_time_and_body(key: bytes, message: str, timestamp: int, body: bytes) -> None:
    expected = hmac.new(key, b".".join((message.encode(), str(timestamp).encode(), body)), hashlib.sha256).digest()

    version, _, signature = standard_signature(key, message, timestamp, body).partition(",")

    assert version == "v1"
    assert base64.b64decode(signature, validate=True) == expected


@given(st.binary(min_size=1, max_size=64))
def test_a_whsec_secret_is_its_bytes(key: bytes) -> None:
    assert webhook_key("whsec_" + base64.b64encode(key).decode()) == key


@pytest.mark.parametrize("secret", ["my own words", "whsec", "WHSEC_AAAA", "whsec_not base64!", "whsec_AAAA!!!!", "☃", ""])
def test_any_other_secret_is_its_own_text(secret: str) -> None:
    assert webhook_key(secret) == secret.encode()


def test_every_account_has_a_secret_of_its_own() -> None:
    secrets = {account_webhook_secret(secret, account) for secret in (SECRET, OTHER) for account in ("default", "other", "")}

    assert len(secrets) == 6
    assert all(secret.startswith("whsec_") and len(webhook_key(secret)) == 32 for secret in secrets)
    assert account_webhook_secret(SECRET, "default") == account_webhook_secret(SECRET, "default")


def test_an_account_with_nul_in_its_name_has_none() -> None:
    with pytest.raises(ValueError, match=r"^a signed part holds NUL$"):
        account_webhook_secret(SECRET, "a\0b")


def test_bfls_signature_is_in_hex_over_the_body() -> None:
    known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"  # a published example of HMAC-SHA256

    assert bfl_signature("key", b"The quick brown fox jumps over the lazy dog") == f"sha256={known}"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary())
def test_bfls_signature_takes_any_secret_as_it_is_written(secret: str, body: bytes) -> None:
    expected = hmac.new(secret.encode(), body, "sha256").hexdigest()

    assert bfl_signature(secret, body) == f"sha256={expected}"


def test_bfls_signature_does_not_unpack_a_whsec_secret() -> None:
    assert bfl_signature(PADDED, b"x") == "sha256=" + hmac.new(PADDED.encode(), b"x", "sha256").hexdigest()


# very many of them


def test_of_twenty_thousand_mutations_of_signatures_none_holds() -> None:
    tried, held, now = 0, list[str](), 1_800_000_000
    for number in range(12):
        task = an_id()
        link, file = ImageLink(task, number, now + 600), FileLink(an_id(), "default", now + 600)
        token, message = poll_token(SECRET, task), f"msg_{number}"
        signed = {"webhook-id": message, "webhook-timestamp": str(now)}
        webhook = standard_signature(webhook_key(PADDED), message, now, BODY.encode())
        for text, holds in (
            (token, lambda mutated, task=task: poll_token_holds(SECRET, task, mutated)),
            (link.signature(SECRET), lambda mutated, link=link: link.holds(SECRET, mutated)),
            (file.signature(SECRET), lambda mutated, file=file: file.holds(SECRET, mutated)),
            (webhook, lambda mutated, signed=signed: _verified({**signed, "webhook-signature": mutated})),
        ):
            every = [mutated for mutated in mutations(text) if mutated.strip() != text]  # a list of signatures may have spaces around it
            tried += len(every)
            held += [mutated for mutated in every if holds(mutated)]

    assert held == []
    assert tried > 20_000


def _verified(headers: dict[str, str]) -> bool:
    try:
        verify(BODY.encode(), headers, PADDED, float(headers["webhook-timestamp"]))
    except BadWebhook:
        return False
    return True
