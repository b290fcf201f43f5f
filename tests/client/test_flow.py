"""Conversations by hand: what is asked, in which order, after which pauses, for every way a server may answer."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.client import flow
from mezzotint.client.errors import (
    AuthenticationFailed,
    BadAnswer,
    BadRequest,
    ClientError,
    LimitReached,
    LinkExpired,
    NoSuchThing,
    RequestFailed,
    ServerFailed,
    ServerUnreachable,
    TaskCanceled,
    TaskFailed,
    TaskMissing,
    TaskModerated,
    WaitTimeout,
)
from mezzotint.client.flow import FIRST_POLL, LONGEST_POLL, RETRY_DELAYS, Answer, Ask, Flow, Job, Pause, Picture, Server, Snapshot, failure_of

SERVER = Server("http://server:8000")
TASK = "01890000-0000-7000-8000-000000000001"
POLL = f"{SERVER.base}/flux/v1/get_result?id={TASK}"
LINK = f"{SERVER.base}/images/{TASK}/sample.jpeg?expires=1&signature=s"
SILENCE = Answer(0, {}, b"", "nobody is there")


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body if isinstance(body, bytes) else json.dumps(body).encode())


def task(state: str, *, result: Any = None, details: Any = None, **headers: str) -> Answer:
    body = {"id": TASK, "status": state, "result": result, "progress": None, "details": details, "preview": None}
    return dataclasses.replace(answer(body), headers={name.replace("_", "-"): value for name, value in headers.items()})


READY = task("Ready", result={"sample": LINK, "prompt": "a boat", "seed": 7, "duration": 1.5}, x_mezzotint_engine="stub")
PENDING = task("Pending")


@dataclass
class Talk:
    """The other side: gives the answers in turn, the last for ever, and lets pauses and requests take their time."""

    answers: list[Answer]
    each: float = 0.0
    now: float = 1000.0
    asked: list[Ask] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def run(self, conversation: Flow[Any]) -> Any:
        reply: Answer | None = None
        while True:
            try:
                step = conversation.send(reply)
            except StopIteration as done:
                return done.value
            if isinstance(step, Pause):
                assert step.seconds >= 0
                self.pauses.append(step.seconds)
                self.now += step.seconds
                reply = None
            else:
                self.asked.append(step)
                self.now += self.each
                reply = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def wait(talk: Talk, seconds: float = 60.0, watch: Callable[[Snapshot], None] = lambda _: None, polling_url: str | None = None) -> Picture:
    picture: Picture = talk.run(SERVER.wait(TASK, polling_url, seconds, talk.clock, watch))
    return picture


# create


def test_a_create_says_what_was_given_and_names_itself() -> None:
    talk = Talk([answer({"id": TASK, "polling_url": "http://server:8000/p?id=1&token=t", "status": "Pending"}, x_mezzotint_engine="nano")])

    job = talk.run(SERVER.create("flux-dev", {"prompt": "a boat", "seed": 0, "raw": False, "steps": None}, "once"))

    assert job == Job(TASK, "http://server:8000/p?id=1&token=t", "nano")
    assert talk.asked == [Ask("POST", "http://server:8000/flux/v1/flux-dev", {"prompt": "a boat", "seed": 0, "raw": False}, {"idempotency-key": "once"})]


@pytest.mark.parametrize("polling_url", [None, "", 5, "no address", "ftp://a/b", "http://[", "http://host:99999/"])
def test_a_task_without_a_polling_address_is_polled_by_its_id(polling_url: Any) -> None:
    assert Talk([answer({"id": TASK, "polling_url": polling_url})]).run(SERVER.create("flux-dev", {}, "once")) == Job(TASK, POLL)


def test_names_are_spelled_for_addresses() -> None:
    talk = Talk([answer({"id": "a&b/c", "data": []})])

    assert talk.run(SERVER.create("flux-tools/erase v1?x", {}, "once")).polling_url == f"{SERVER.base}/flux/v1/get_result?id=a%26b%2Fc"
    for conversation in (SERVER.model("a/b?c"), SERVER.tasks(5, "x&y"), SERVER.tasks(5, None), SERVER.task("../x"), SERVER.cancel("a/b?c")):
        talk.run(conversation)
    for conversation in (SERVER.webhooks("failed", 5, "x&y"), SERVER.webhooks(None, 5, None), SERVER.webhook("../x"), SERVER.resend("a/b?c")):
        talk.run(conversation)

    assert [ask.url.removeprefix(SERVER.base) for ask in talk.asked] == [
        "/flux/v1/flux-tools/erase%20v1%3Fx",
        "/v1/models/a/b%3Fc",
        "/v1/tasks?limit=5&before=x%26y",
        "/v1/tasks?limit=5",
        "/v1/tasks/..%2Fx",
        "/v1/tasks/a%2Fb%3Fc/cancel",
        "/v1/webhooks?limit=5&status=failed&before=x%26y",
        "/v1/webhooks?limit=5",
        "/v1/webhooks/..%2Fx",
        "/v1/webhooks/a%2Fb%3Fc/resend",
    ]


def test_the_secret_of_webhooks_is_text_and_nothing_else_is_told_of_what_is_none() -> None:
    assert Talk([answer({"key": "whsec_x"})]).run(SERVER.webhook_secret()) == "whsec_x"
    with pytest.raises(BadAnswer) as refused:
        Talk([answer({"secret": "hush"})]).run(SERVER.webhook_secret())
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}", b'{"id": 5}', b'{"id": null}', b"\xff\xfe", b"[" * 100_000])
def test_an_acceptance_without_an_id_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        Talk([answer(body)]).run(SERVER.create("flux-dev", {}, "once"))


# what is sent again


@pytest.mark.parametrize("passing", [SILENCE, answer({}, 429), answer({}, 503), answer(b"<html>busy</html>", 503)])
def test_a_create_that_was_not_taken_is_sent_again_under_the_same_name(passing: Answer) -> None:
    talk = Talk([passing, passing, answer({"id": TASK})])

    assert talk.run(SERVER.create("flux-dev", {"prompt": "x"}, "once")).id == TASK
    assert talk.pauses == list(RETRY_DELAYS[:2])
    assert len({(ask.url, ask.headers["idempotency-key"]) for ask in talk.asked}) == 1


@pytest.mark.parametrize(
    ("last", "error"), [(SILENCE, ServerUnreachable), (answer({}, 429), LimitReached), (answer({}, 503), ServerFailed)], ids=["silence", "429", "503"]
)
def test_it_is_not_sent_for_ever(last: Answer, error: type[ClientError]) -> None:
    talk = Talk([last])

    with pytest.raises(error):
        talk.run(SERVER.create("flux-dev", {}, "once"))

    assert talk.pauses == list(RETRY_DELAYS)
    assert len(talk.asked) == len(RETRY_DELAYS) + 1


@pytest.mark.parametrize("status", [300, 304, 400, 401, 402, 403, 404, 405, 409, 413, 418, 422, 500, 502, 504])
def test_what_was_refused_or_may_have_been_done_is_not_created_again(status: int) -> None:
    talk = Talk([answer({}, status)])

    with pytest.raises(RequestFailed) as failed:
        talk.run(SERVER.create("flux-dev", {}, "once"))

    assert failed.value.status == status
    assert len(talk.asked) == 1


@pytest.mark.parametrize(("status", "times"), [(500, 1), (501, 1), (404, 1), (429, 5), (502, 5), (503, 5), (504, 5), (520, 5)])
def test_reading_is_tried_again_behind_a_gateway_that_fails(status: int, times: int) -> None:
    talk = Talk([answer({}, status)])

    with pytest.raises(RequestFailed):
        talk.run(SERVER.poll(TASK))

    assert len(talk.asked) == times


def test_what_can_never_succeed_is_not_tried_again() -> None:
    for hopeless in (
        Answer(0, {}, b"", "no such protocol", hopeless=True),
        answer({"error": {"code": "model_not_found", "message": "no available channel"}}, 503),
    ):
        talk = Talk([hopeless])
        with pytest.raises(ClientError):
            talk.run(SERVER.create("flux-devv", {}, "once"))
        assert len(talk.asked) == 1


@pytest.mark.parametrize(("said", "pause"), [("2", 2.0), ("0", 0.0), ("0.5", 0.5), ("30", 30.0), (" 7 ", 7.0)])
def test_a_server_that_says_when_to_come_back_is_believed(said: str, pause: float) -> None:
    talk = Talk([answer({}, 429, retry_after=said), answer({"id": TASK})])

    talk.run(SERVER.create("flux-dev", {}, "once"))

    assert talk.pauses == [pause]


@pytest.mark.parametrize("said", ["", "soon", "-1", "nan", "inf", "1e3", "²", ".", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_one_that_says_nothing_of_use_is_asked_again_as_usual(said: str) -> None:
    talk = Talk([answer({}, 429, retry_after=said), answer({"id": TASK})])

    talk.run(SERVER.create("flux-dev", {}, "once"))

    assert talk.pauses == [RETRY_DELAYS[0]]


def test_one_that_wants_to_be_left_alone_for_long_is_left_alone() -> None:
    talk = Talk([answer({}, 429, retry_after="31")])

    with pytest.raises(LimitReached) as limit:
        talk.run(SERVER.create("flux-dev", {}, "once"))

    assert limit.value.retry_after == 31
    assert talk.pauses == []


# what an error says


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"code": "invalid_request", "message": "width: too wide (request id: 1)", "type": "comet_api_error"}}, "width: too wide (request id: 1)", "invalid_request"),
        ({"detail": "Not authenticated"}, "Not authenticated", ""),
        ({"detail": [{"loc": ["body", "width"], "msg": "too wide"}, {"loc": ["body", "a", 0], "msg": "no"}]}, "width: too wide; a.0: no", "invalid_request"),
        ({"detail": [{"msg": "no place"}, {"loc": None}, {"loc": 5, "msg": "x"}, "words", 7]}, "no place; ; x; words; 7", "invalid_request"),
        ({"type": "about:blank", "title": "not_found", "status": 404, "detail": "there is no task"}, "there is no task", "not_found"),
        ({"error": "plain words"}, "plain words", ""),
        ({"message": "words elsewhere"}, "words elsewhere", ""),
        ({"error": None, "detail": None}, "the server answered 400", ""),
        (b"", "the server answered 400", ""),
        (b"<html>Bad Gateway</html>\n", "<html>Bad Gateway</html>", ""),
        (b"\xff" * 3, "\ufffd" * 3, ""),
        (["a", "list"], "['a', 'list']", ""),
        (b"[" * 100_000, "[" * 200, ""),
    ],
)  # fmt: skip
def test_an_error_is_understood_in_every_envelope(body: Any, message: str, code: str) -> None:
    error = failure_of(answer(body, 400, x_request_id="req_1"))

    assert isinstance(error, BadRequest)
    assert (str(error), error.code, error.request_id, error.status) == (message, code, "req_1", 400)


def test_silence_is_told_in_the_words_of_whoever_met_it() -> None:
    error = failure_of(SILENCE)

    assert isinstance(error, ServerUnreachable)
    assert str(error) == "nobody is there"


# poll


def test_a_snapshot_has_what_the_headers_hint_at() -> None:
    told = task("Pending", x_mezzotint_state="processing", x_mezzotint_step="3/28", x_mezzotint_waiting="2", x_mezzotint_eta="12", x_mezzotint_engine="nano")

    assert Talk([told]).run(SERVER.poll(TASK)) == Snapshot(TASK, "Pending", None, None, None, (3, 28), 2, 12, "nano", running=True)


def test_without_hints_there_is_just_the_state() -> None:
    assert Talk([PENDING]).run(SERVER.poll(TASK)) == Snapshot(TASK, "Pending", None, None)


@pytest.mark.parametrize("step", ["", "3", "3/", "/28", "a/b", "3/28/4", "²/³", "-1/2", "9999999999/1"])
def test_hints_that_make_no_sense_are_not_taken(step: str) -> None:
    snapshot = Talk([task("Pending", x_mezzotint_step=step, x_mezzotint_waiting="²", x_mezzotint_eta="soon")]).run(SERVER.poll(TASK))

    assert (snapshot.step, snapshot.waiting, snapshot.eta) == (None, None, None)


@pytest.mark.parametrize("body", [{}, {"status": None}, {"status": 5}, [], "Ready", b"", b"{"])
def test_a_poll_without_a_status_is_no_answer(body: Any) -> None:
    with pytest.raises(BadAnswer):
        Talk([answer(body)]).run(SERVER.poll(TASK))


@pytest.mark.parametrize(
    ("base", "polling_url", "keyed"),
    [
        ("http://server:8000", "http://server:8000/x?id=1", True),
        ("http://server:8000/below", "http://server:8000/x?id=1", True),
        ("http://SERVER", "http://server:80/x", True),
        ("https://server:443", "https://server/x", True),
        ("https://server", "http://server/x", False),
        ("http://server:8000", "http://server:8001/x", False),
        ("http://server", "http://server.evil.example/x", False),
        ("http://server", "http://server@evil.example/x", False),
        ("http://server", "http://evil.example/http://server/x", False),
        ("http://server", "//server/x", False),
        ("http://server", "http://[", False),
    ],
)
def test_the_key_goes_to_our_own_server_only(base: str, polling_url: str, keyed: bool) -> None:
    talk = Talk([PENDING])

    talk.run(Server(base).poll(TASK, polling_url))

    assert [(ask.url, ask.keyed) for ask in talk.asked] == [(polling_url, keyed)]


# wait


def test_a_wait_ends_with_the_picture() -> None:
    seen: list[str] = []
    talk = Talk([PENDING, PENDING, READY])

    picture = wait(talk, watch=lambda snapshot: seen.append(snapshot.state))

    assert picture == Picture(TASK, LINK, 7, "a boat", 1.5, "stub")
    assert seen == ["Pending", "Pending", "Ready"]
    assert all(ask.url == POLL and ask.keyed for ask in talk.asked)


def test_a_picture_may_come_without_what_strict_clients_would_not_take_as_null() -> None:
    assert wait(Talk([task("Ready", result={"sample": LINK})])) == Picture(TASK, LINK, None, "", None)


@pytest.mark.parametrize("state", ["Pending", "Reasoning", "Generating"])
def test_a_task_in_the_works_is_polled_on(state: str) -> None:
    talk = Talk([task(state), READY])

    wait(talk)

    assert talk.pauses == [FIRST_POLL]


def test_polls_come_often_at_first_and_then_ever_less_and_never_rarely() -> None:
    talk = Talk([*[PENDING] * 40, READY])

    wait(talk, 600.0)

    assert talk.pauses == sorted(talk.pauses)
    assert talk.pauses[0] == FIRST_POLL <= 0.2
    assert talk.pauses[-1] == LONGEST_POLL <= 5
    assert all(after <= before * 1.5 for before, after in zip(talk.pauses, talk.pauses[1:], strict=False))


@pytest.mark.parametrize(
    ("state", "details", "kind", "said"),
    [
        ("Error", {"error": "the engine broke", "code": "engine_failed"}, TaskFailed, "the task failed: the engine broke"),
        ("Error", {"error": "canceled"}, TaskCanceled, "the task was canceled"),
        ("Error", "words", TaskFailed, "the task failed: words"),
        ("Error", None, TaskFailed, "the task failed: no reason was given"),
        ("Request Moderated", {"Moderation Reasons": ["Violence", "Blood"]}, TaskModerated, "request moderated: Violence, Blood"),
        ("Content Moderated", {"Moderation Reasons": "Violence"}, TaskModerated, "content moderated: Violence"),
        ("Content Moderated", None, TaskModerated, "content moderated: no reason was given"),
        ("Task not found", None, TaskMissing, f"the server knows no task {TASK}, or no longer"),
        ("Something New", None, TaskFailed, "the task failed: no reason was given"),
    ],
)
def test_an_end_without_a_picture_says_why(state: str, details: Any, kind: type[TaskFailed], said: str) -> None:
    with pytest.raises(TaskFailed) as failed:
        wait(Talk([PENDING, task(state, details=details)]))

    assert type(failed.value) is kind
    assert (str(failed.value), failed.value.task, failed.value.details) == (said, TASK, details)


def test_the_reasons_of_a_moderation_are_kept_apart() -> None:
    with pytest.raises(TaskModerated) as moderated:
        wait(Talk([task("Request Moderated", details={"Moderation Reasons": ["Violence", "Blood"]})]))

    assert moderated.value.reasons == ("Violence", "Blood")


@pytest.mark.parametrize("result", [None, {}, {"sample": None}, {"sample": 5}, [], "a"])
def test_a_picture_without_an_address_is_no_answer(result: Any) -> None:
    with pytest.raises(BadAnswer) as bad:
        wait(Talk([task("Ready", result=result)]))

    assert bad.value.task == TASK


def test_a_wait_that_takes_too_long_ends_on_time_and_can_be_resumed() -> None:
    talk = Talk([PENDING], each=0.05)

    with pytest.raises(WaitTimeout, match=r"was not done after 3 seconds; it goes on") as late:
        wait(talk, 3.0)

    assert late.value.task == TASK
    assert 2.9 <= talk.now - 1000 <= 3.1
    assert wait(Talk([READY])).task == TASK


def test_no_time_at_all_is_one_poll() -> None:
    assert wait(Talk([READY]), 0).url == LINK
    talk = Talk([PENDING])
    with pytest.raises(WaitTimeout):
        wait(talk, 0)
    assert len(talk.asked) == 1


def test_no_poll_is_given_more_time_than_is_left() -> None:
    talk = Talk([PENDING], each=1.0)

    with pytest.raises(WaitTimeout):
        wait(talk, 10.0)

    given = [ask.seconds for ask in talk.asked if ask.seconds is not None]
    assert len(given) == len(talk.asked)
    assert given[0] == 10.0
    assert all(1.0 <= seconds <= 10.0 for seconds in given)
    assert given == sorted(given, reverse=True)


def test_neither_a_server_that_wants_a_pause_nor_one_that_is_away_makes_a_wait_longer() -> None:
    for busy in (answer({}, 429, retry_after="20"), answer({}, 503, retry_after="30"), SILENCE):
        talk = Talk([PENDING, busy])
        with pytest.raises(WaitTimeout):
            wait(talk, 2.0)
        assert talk.now - 1000 <= 2.0


def test_a_wait_gets_over_a_short_absence() -> None:
    talk = Talk([PENDING, SILENCE, SILENCE, answer({}, 503), PENDING, answer(b"", 502), READY])

    assert wait(talk).url == LINK


@pytest.mark.parametrize(
    ("last", "kind"),
    [(SILENCE, ServerUnreachable), (answer({}, 401), AuthenticationFailed), (answer({}, 500), ServerFailed), (answer(b"?"), BadAnswer)],
    ids=["silence", "401", "500", "nonsense"],
)
def test_what_ends_a_wait_says_which_task_to_come_back_to(last: Answer, kind: type[ClientError]) -> None:
    with pytest.raises(kind) as ended:
        wait(Talk([PENDING, last]))

    assert ended.value.task == TASK


def test_a_task_is_polled_where_its_create_said() -> None:
    talk = Talk([READY])

    wait(talk, polling_url="https://elsewhere.example/poll?id=1&token=t")

    assert [(ask.url, ask.keyed) for ask in talk.asked] == [("https://elsewhere.example/poll?id=1&token=t", False)]


# download, and the rest


def test_a_picture_is_fetched_without_the_key() -> None:
    talk = Talk([answer(b"\xff\xd8picture")])

    assert talk.run(SERVER.download(LINK)) == b"\xff\xd8picture"
    assert talk.asked == [Ask("GET", LINK, keyed=False)]


@pytest.mark.parametrize("status", [403, 410])
def test_a_link_that_no_longer_holds_is_told_apart(status: int) -> None:
    with pytest.raises(LinkExpired, match=f"no longer holds \\({status}\\): poll the task again"):
        Talk([answer(b"This link has expired.\n", status)]).run(SERVER.download(LINK))


def test_other_failures_of_a_download_are_what_they_are() -> None:
    with pytest.raises(NoSuchThing):
        Talk([answer(b"", 404)]).run(SERVER.download(LINK))
    talk = Talk([answer(b"", 503), SILENCE, answer(b"picture")])
    assert talk.run(SERVER.download(LINK)) == b"picture"


@pytest.mark.parametrize("url", ["", "sample.jpeg", "file:///etc/passwd", "http://[", "http://host:99999/", "data:image/png;base64,AA"])
def test_what_is_no_web_address_is_not_fetched(url: str) -> None:
    talk = Talk([answer(b"picture")])

    with pytest.raises(BadAnswer, match="is no address of a picture"):
        talk.run(SERVER.download(url))

    assert talk.asked == []


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {}}, {"data": [1]}, [], b"x"])
def test_a_list_that_is_none_is_no_answer(body: Any) -> None:
    for conversation in (SERVER.models(), SERVER.tasks(20, None)):
        with pytest.raises(BadAnswer):
            Talk([answer(body)]).run(conversation)


def test_a_driver_that_forgets_to_answer_is_told_so() -> None:
    conversation = SERVER.poll(TASK)
    next(conversation)

    with pytest.raises(BadAnswer, match="the driver sent no answer"):
        conversation.send(None)


# whatever a server says


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("id", "status", "result", "details", "polling_url", "data", "error", "detail", "message", "title", "progress")
STATES = st.sampled_from(["Ready", "Pending", "Error", "Request Moderated", "Task not found"])
RESULTS = st.fixed_dictionaries({}, optional={"sample": JSON, "seed": JSON, "prompt": JSON, "duration": JSON})
REASONS = st.fixed_dictionaries({}, optional={"Moderation Reasons": JSON, "error": JSON})
PROBLEMS = st.lists(st.fixed_dictionaries({}, optional={"loc": JSON, "msg": JSON}), max_size=2)
SHAPED = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(NAMES, JSON) | {"status": STATES | JSON, "result": RESULTS | JSON, "details": REASONS | JSON, "detail": PROBLEMS | JSON},
)
BODIES = st.binary(max_size=20) | (SHAPED | JSON).map(lambda told: json.dumps(told).encode())
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-request-id", "x-mezzotint-step", "x-mezzotint-eta", "x-mezzotint-waiting", "x-mezzotint-state"]),
    st.text(max_size=6) | st.sampled_from(["1", "3/4", "²", "0.1"]),
)
ANSWERS = st.lists(st.builds(Answer, st.sampled_from([0, 200, 200, 200, 204, 302, 400, 403, 404, 410, 422, 429, 500, 502, 503, 999]), HEADERS, BODIES), min_size=1, max_size=6)  # fmt: skip


def conversations(talk: Talk) -> Iterable[Flow[Any]]:
    yield SERVER.create("flux-dev", {"prompt": "x"}, "once")
    yield SERVER.wait(TASK, None, 5.0, talk.clock, lambda _: None)
    yield from (SERVER.download(LINK), SERVER.models(), SERVER.model("x"), SERVER.tasks(5, None), SERVER.task(TASK), SERVER.cancel(TASK))
    yield from (SERVER.webhooks(None, 5, None), SERVER.webhook("x"), SERVER.resend("x"), SERVER.webhook_secret())


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_every_conversation_ends_in_a_result_or_in_one_of_our_errors(answers: list[Answer]) -> None:
    for number in range(12):
        talk = Talk(list(answers), each=0.2)
        with contextlib.suppress(ClientError):
            talk.run(list(conversations(talk))[number])
        assert talk.now - 1000 < 5 * (flow.LONGEST_PAUSE + 1)
        assert len(talk.asked) < 60
