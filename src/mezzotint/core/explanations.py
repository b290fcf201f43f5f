"""What every code that an answer or a task may carry means, why it comes and what to do: the texts of /errors/{code}.

The codes are those of the refusals (`core.errors`, and the few that only one surface has), of links to pictures (`http.images`), and of
tasks that ended without a picture. A test holds this table to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Carrier(str, Enum):
    """What tells the code."""

    ANSWER = "An answer to a request"
    LINK = "An answer to a link to a picture"
    TASK = "A task that ended without a picture"


@dataclass(frozen=True)
class Explanation:
    """`means` is one sentence; `why` and `then` are paragraphs' worth of them. `also`: other words by which a surface tells it."""

    code: str
    means: str
    why: tuple[str, ...]
    then: tuple[str, ...]
    carrier: Carrier = Carrier.ANSWER
    also: tuple[str, ...] = ()


def _of_links(code: str, means: str, why: tuple[str, ...], then: tuple[str, ...]) -> Explanation:
    return Explanation(code, means, why, then, Carrier.LINK)


def _of_tasks(code: str, means: str, why: tuple[str, ...], then: tuple[str, ...]) -> Explanation:
    return Explanation(code, means, why, then, Carrier.TASK)


IN_ANSWERS = (
    Explanation(
        "invalid_request",
        "Something in the request is not as the route or the model takes it.",
        (
            "A field is missing, has the wrong type, or lies outside its limits.",
            "The body is not a JSON object, names a field twice, or is no text in UTF-8.",
            "A query parameter or a header cannot be read, or two different keys came at once.",
            "A picture cannot be decoded, is too large, or is at an address that may not be reached.",
        ),
        (
            "Read the message: it names every field that is wrong, and what the field takes.",
            "Compare with the model's parameters at /docs or GET /v1/models/{name}.",
            "Change the request before it is sent again: as it is, it will always be refused. Nothing was made and nothing was charged.",
        ),
    ),
    Explanation(
        "invalid_token",
        "No key came with the request, or one that this server does not know.",
        (
            "There is no Authorization and no x-key header.",
            "The key was mistyped, was revoked or replaced, has expired, or belongs to another server.",
            "A task was asked for by its bare id, which takes its owner's key, and not at its polling_url.",
        ),
        (
            "Send the key as Authorization: Bearer <key>, or as x-key: <key>.",
            "See which keys there are with `mezzotint keys list`, and make one with `mezzotint keys create`.",
            "To read a task without a key, use the whole polling_url that its create was answered with.",
        ),
        also=("invalid_api_key", "missing_api_key"),
    ),
    Explanation(
        "insufficient_credits",
        "The account's credits, or what is left of the key's budget, do not suffice for this request.",
        ("The price is taken when a task is made, and given back should it end without a picture: tasks that wait count too.",),
        (
            "Ask with ?dry_run=true what a request costs, and GET /v1/credits what is left.",
            "Choose a smaller size or a model that costs less, or wait for running tasks to end.",
            "The operator gives credits with `mezzotint keys credit`.",
        ),
    ),
    Explanation(
        "permission_denied",
        "The key is valid and may not do this.",
        ("The key was made to read only, or to create only.", "The key may be used with some models, and this is none of them."),
        ("Use a key that may, or have the operator make one: `mezzotint keys create --help` says with which permissions.",),
    ),
    Explanation(
        "not_found",
        "There is nothing of that name for this key.",
        (
            "The path is none of this server's.",
            "The task is another account's, was never here, or has been forgotten: finished tasks are kept for a while only.",
            "The id was cut short on the way.",
        ),
        ("Compare the path with /docs.", "Use the id exactly as the create answered it, with a key of the same account."),
    ),
    Explanation(
        "method_not_allowed",
        "The path is there, and does not take this method.",
        ("A create was sent as GET, or a poll as POST.", "A redirect on the way turned a POST into a GET, as from http to https."),
        ("Use a method that the answer's Allow header names.", "Call the final address at once, so that nothing redirects."),
    ),
    Explanation(
        "body_too_slow",
        "The request's body stopped coming.",
        ("The connection was lost or stalled while the body was being sent.", "Content-Length promised more bytes than were sent."),
        ("Send the request again; with an Idempotency-Key that can never make a second task.", "Send large pictures by URL."),
    ),
    Explanation(
        "body_too_large",
        "The request's body is larger than this server takes.",
        (
            "Pictures in base64 are a third larger than their files, and several in one request add up.",
            "The files that the account has uploaded take all the room that it has.",
        ),
        (
            "Send pictures by URL, smaller, or as JPEG or WebP.",
            "The operator raises the limit with MEZZOTINT_MAX_BODY.",
            "Delete files that are not needed any more, or wait until they expire; MEZZOTINT_FILES_ROOM says how much room there is.",
        ),
    ),
    Explanation(
        "unknown_encoding",
        "The request's body is packed in a way that this server does not undo.",
        ("Content-Encoding names gzip, br or another packing; a few kilobytes of those can unpack to gigabytes.",),
        ("Send the body as it is, without Content-Encoding.",),
    ),
    Explanation(
        "headers_too_large",
        "The request's headers are larger than this server takes.",
        ("Cookies or tokens of another site came along, or a proxy in between repeats a header.",),
        ("Send fewer and shorter headers: this API reads few of them.",),
    ),
    Explanation(
        "idempotency_key_reused",
        "The same Idempotency-Key came before, with another request.",
        ("One key was used for two different requests, or the body of a repeat differs by as little as a space.", "Keys are remembered for a day."),
        ("Use a new key for a new request, and for a repeat send the very same bytes.",),
    ),
    Explanation(
        "rate_limit_exceeded",
        "A limit is reached, for now.",
        (
            "The server's queue is full.",
            "This key has as many tasks waiting or running as it may have.",
            "The account polls more often in a second than Black Forest Labs' surface lets it.",
        ),
        (
            "Wait for as many seconds as the Retry-After header says, then send the request again.",
            "Poll with ?wait=30 or Prefer: wait=30, which answers when the task ends, and not in a tight loop.",
            "The operator's limits are MEZZOTINT_QUEUE_LIMIT and MEZZOTINT_ACTIVE_LIMIT.",
        ),
    ),
    Explanation(
        "model_not_found",
        "No model of that name, or no version of that number, is served here.",
        ("The name is misspelled, or is one of another surface.", "The model is known and this server does not paint it."),
        ("Take a name from GET /v1/models: the same names are listed at /docs.",),
    ),
    Explanation(
        "unavailable",
        "The server cannot take the request just now.",
        ("It is shutting down or starting anew.", "The disk is full, or the ledger does not answer."),
        (
            "Wait for as many seconds as the Retry-After header says, and send it again: what was refused was not accepted and not charged.",
            "The operator finds the reason at GET /readyz, in the log, and with `mezzotint doctor`.",
        ),
    ),
    Explanation(
        "internal_error",
        "Something went wrong in the server itself.",
        ("A fault in mezzotint. It was written to the server's log under the id of the request.",),
        (
            "Send the request again, with an Idempotency-Key, so that no second task can come of it.",
            "If it comes again, report it with the X-Request-Id of the answer: the operator finds the log's line by it.",
        ),
    ),
    Explanation(
        "moderation_blocked",
        "What was asked for, or what was painted, is not allowed here.",
        ("The operator's moderation refused the prompt, a given picture, or the result. The message names its reasons.",),
        ("Change the prompt or the picture. The task ended, and nothing was charged.",),
    ),
    Explanation(
        "server_error",
        "The task that was made for this request ended without a picture.",
        ("The engine failed, ran out of memory, or was lost on every attempt; or the task was canceled while it was waited for.",),
        ("Send the request again. Nothing was charged.", "GET /v1/tasks lists the task with a code and a message of its own."),
    ),
    Explanation(
        "timeout",
        "The picture was not finished within the ten minutes that a request is held.",
        ("Many tasks wait before it, or the picture is large and the machine slow.",),
        (
            "The task goes on: read it at GET /v1/tasks/{id}, whose address the message names.",
            "For slow pictures use a surface that answers at once, such as POST /flux/v1/{model}, and poll.",
        ),
    ),
)
IN_LINKS = (
    _of_links(
        "link_invalid",
        "The signature of this link does not hold.",
        ("The link was changed or cut short on the way.", "It was signed by another server, or before this one's ledger was made anew."),
        ("Poll the task again and use the link in its answer exactly as it is, with all that follows the question mark.",),
    ),
    _of_links(
        "link_expired",
        "The link's time is over. The picture may still be there.",
        ("Links to pictures hold for a while only, ten minutes unless the operator chose otherwise.",),
        ("Its owner polls the task again, with the key, and gets a new link for as long as the picture is kept.",),
    ),
    _of_links(
        "picture_gone",
        "This picture is no longer kept.",
        ("Pictures are deleted some time after they are ready, a day unless the operator chose otherwise.",),
        ("Save pictures when they are ready.", "With the task's seed and parameters, the same engine paints the same picture again."),
    ),
)
IN_TASKS = (
    _of_tasks(
        "bad_picture",
        "A picture that the request gave cannot be used.",
        ("It is at an address that did not answer, or answered with something else.", "It is no PNG, JPEG or WebP, is broken, or is too large."),
        ("Open the address yourself, without a login, and try again; or send the picture in base64.", "Nothing was charged."),
    ),
    _of_tasks(
        "engine_failed",
        "The engine could not paint this picture.",
        ("The message says what it told. Another attempt would have ended the same way.",),
        ("Try other parameters, such as a smaller size.", "The operator looks with `mezzotint doctor`. Nothing was charged."),
    ),
    _of_tasks(
        "engine_died",
        "The engine's process ended in the middle of the work, on every attempt.",
        ("The machine ran out of memory, or the engine does not start there.",),
        ("Make the task again, smaller if it was large.", "The operator finds the reason in the log and with `mezzotint doctor`. Nothing was charged."),
    ),
    _of_tasks(
        "engine_stalled",
        "The engine made no step for too long and was ended, on every attempt.",
        ("The machine is overloaded, or its accelerator hangs.",),
        ("Make the task again later.", "The operator sets how long an engine may take for a step with MEZZOTINT_STALL. Nothing was charged."),
    ),
    _of_tasks(
        "out_of_memory",
        "The picture needs more memory than the engine has.",
        ("Large sizes and several given pictures take the most.",),
        ("Ask for a smaller picture. Nothing was charged.",),
    ),
    _of_tasks(
        "no_weights",
        "There are no weights here that do what this model is asked for.",
        ("The operator has not given this server the weights, or they cannot do this mode. The message names what is wanted.",),
        (
            "Choose another model, or leave the picture out.",
            "The operator adds weights to mezzotint.toml; `mezzotint doctor` tells what there is. Nothing was charged.",
        ),
    ),
    _of_tasks(
        "bad_weights",
        "The weights for this model cannot be used.",
        ("Their folder is not there or not whole, they are in an unsafe format, or they do not fit the card.",),
        ("The operator finds the reason in the message and with `mezzotint doctor`. Nothing was charged.",),
    ),
    _of_tasks(
        "unknown_finetune",
        "There is no finetune or LoRA of that name here.",
        ("The name in finetune_id, lora_weights or extra_lora is none that the operator has configured; addresses are not fetched.",),
        ("Use one of those that the message names. Nothing was charged.",),
    ),
    _of_tasks(
        "attempts_exhausted",
        "The task was tried as often as it may be, and each time its worker was lost.",
        ("Workers were stopped or killed, lost their connection, or ran out of memory.",),
        ("Make the task again.", "The operator sets the number of attempts with MEZZOTINT_ATTEMPTS. Nothing was charged."),
    ),
    _of_tasks(
        "canceled",
        "The task was canceled before it had its picture.",
        ("Its owner canceled it; or several pictures were asked for in one request, and one of them was refused.",),
        ("Make the task again if it was a mistake. Nothing was charged.",),
    ),
    _of_tasks(
        "expired",
        "The task's deadline passed before it was done.",
        ("The request gave a Cancel-After, and the queue took longer.",),
        ("Give it longer, or leave the header out. Nothing was charged.",),
    ),
)
OF_PROVIDERS = (
    _of_tasks(
        "outcome_unknown",
        "A provider was asked for the picture, and nobody knows whether it made one.",
        ("The connection broke, or the answer could not be read, after the request had gone out.", "The server was interrupted at that moment."),
        (
            "Make the task again if you want it again. The server does not do so by itself: the provider might make, and charge, two.",
            "The operator finds the order in the provider's own records. Nothing was charged here.",
        ),
    ),
    _of_tasks(
        "picture_lost",
        "A provider made the picture, and it could not be had.",
        ("The provider's link led nowhere, or to something that is no picture.", "The server was interrupted between the picture and the disk."),
        ("Make the task again. Nothing was charged here; the provider may have charged the operator.",),
    ),
    _of_tasks(
        "provider_failed",
        "The provider could not paint this picture.",
        ("The message says what it told. Where there are other providers, they could not either.",),
        ("Make the task again, or with other parameters. Nothing was charged.",),
    ),
    _of_tasks(
        "provider_refused",
        "The provider refuses the request.",
        ("It does not take these parameters or pictures.", "It does not know the server's key, or that account has no credits."),
        ("Read the message: it is the provider's.", "The operator looks with `mezzotint doctor`. Nothing was charged."),
    ),
    _of_tasks(
        "provider_timeout",
        "The provider had no picture after the longest time that it is given.",
        ("It is overloaded, or has lost the task.",),
        ("Make the task again later.", "The operator sets the time with `deadline` in mezzotint.toml. Nothing was charged here; the provider may charge."),
    ),
    _of_tasks(
        "provider_unavailable",
        "No provider could be asked before the task's time was over.",
        ("All of them were down, or asked to be left alone.",),
        ("Make the task again later. Nothing was charged.",),
    ),
    _of_tasks(
        "spend_cap_reached",
        "The providers of this model may not cost more for now.",
        ("The operator's limit for a day or a month is reached.",),
        ("Make the task again when the next day or month begins, in UTC.", "The operator sets the limit in mezzotint.toml. Nothing was charged."),
    ),
)
EXPLANATIONS: Mapping[str, Explanation] = MappingProxyType({each.code: each for each in (*IN_ANSWERS, *IN_LINKS, *IN_TASKS, *OF_PROVIDERS)})
BY_ANY_WORD: Mapping[str, Explanation] = MappingProxyType({word: each for each in EXPLANATIONS.values() for word in (each.code, *each.also)})
