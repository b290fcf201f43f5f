"""What becomes a task, what is kept of the request, and what is refused before anything is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids, places
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.errors import IdempotencyConflict, InvalidRequest, ModelNotServed, NotAllowed, PaymentRequired, TooManyRequests, Unavailable
from mezzotint.core.headers import MAX_BYTES
from mezzotint.core.tasks import Status
from mezzotint.ports import Limits
from mezzotint.service.submit import BLOB, LONGEST_URL, Submission, card_of, estimate, submit
from mezzotint.service.tools import Tools
from tests.clocks import HandClock
from tests.pictures import a_file, in_base64
from tests.probes import minimal
from tests.service.asking import COLLEAGUE, OWNER, STRANGER, a_submission, all_had_their_turn, ask, inputs_of, task_behind
from tests.studio import Studio, a_studio

PICTURE = a_file()
EDITING = "flux-kontext-pro"  # takes a picture as input_image
BLENDING = "flux-3-image"  # takes a list of them
LISTED = [card for card in CARDS if card.listed]


@pytest.fixture
def tools(studio: Studio) -> Tools:
    return studio.tools


def files_of(tools: Tools) -> dict[str, bytes]:
    assert isinstance(tools.blobs, MemoryBlobs)
    return tools.blobs._blobs


async def nothing_is_stored(tools: Tools) -> bool:
    return await tools.ledger.waiting() == 0 and not files_of(tools)


def problems(refused: pytest.ExceptionInfo[InvalidRequest]) -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.where, problem.sentence) for problem in refused.value.problems]


# what becomes a task


async def test_a_request_becomes_a_task_of_its_account_and_key(tools: Tools) -> None:
    accepted = await ask(tools, key=STRANGER)

    task = await task_behind(tools, accepted)
    assert (task.account, task.key, task.surface, task.model, task.engine) == ("other", "k3", "comet", "flux-dev", "stub")
    assert task.status is Status.PENDING
    assert not accepted.replayed


async def test_its_id_says_when_it_was_made(tools: Tools, clock: HandClock) -> None:
    accepted = await ask(tools)

    assert ids.milliseconds(accepted.task) == int(clock.now() * 1000)


async def test_what_was_not_given_is_settled_by_the_card(tools: Tools) -> None:
    inputs = await inputs_of(tools, await ask(tools, seed=7))

    assert inputs.parameters == {
        "prompt": "a paper boat",
        "width": 1024,
        "height": 768,
        "steps": 28,
        "guidance": 3.0,
        "seed": 7,
        "safety_tolerance": 2,
        "prompt_upsampling": False,
        "output_format": "jpeg",
    }
    assert inputs.origin == "http://here"


async def test_a_seed_that_was_not_given_is_drawn_and_kept(tools: Tools) -> None:
    first, second = [(await inputs_of(tools, await ask(tools))).parameters["seed"] for _ in range(2)]

    assert first != second
    assert all(0 <= seed < 2**32 for seed in (first, second))


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
async def test_a_seed_that_was_given_is_the_seed(tools: Tools, seed: int) -> None:
    assert (await inputs_of(tools, await ask(tools, seed=seed))).parameters["seed"] == seed


async def test_a_tolerance_above_the_models_top_counts_as_its_top_and_both_are_kept(tools: Tools) -> None:
    parameters = (await inputs_of(tools, await ask(tools, "flux-2-pro", safety_tolerance=6))).parameters

    assert (parameters["safety_tolerance"], parameters["safety_tolerance_requested"]) == (5, 6)


async def test_where_a_webhook_goes_is_kept_beside_the_parameters_and_not_among_them(tools: Tools) -> None:
    inputs = await inputs_of(tools, await ask(tools, webhook_url="https://example.com/hook", webhook_secret="whsec_x"))

    assert (inputs.webhook_url, inputs.webhook_secret) == ("https://example.com/hook", "whsec_x")
    assert not any("webhook" in name for name in inputs.parameters)


async def test_what_a_surface_shows_of_the_request_is_kept_for_it(tools: Tools) -> None:
    submission = replace(a_submission(), shown={"prompt": "as it was given"}, version="ab" * 32, webhook_url="https://example.com/hook")

    inputs = await inputs_of(tools, await submit(submission, tools))

    assert (inputs.shown, inputs.version, inputs.webhook_url) == ({"prompt": "as it was given"}, "ab" * 32, "https://example.com/hook")


async def test_a_task_past_its_deadline_expires(tools: Tools, clock: HandClock) -> None:
    accepted = await submit(replace(a_submission(), deadline=clock.now() + 60), tools)
    clock.advance(61)
    await tools.ledger.reap()

    assert (await task_behind(tools, accepted)).status is Status.EXPIRED


@pytest.mark.parametrize("card", LISTED, ids=lambda card: f"{card.surface.value}:{card.name}")
async def test_every_model_takes_the_least_that_can_be_asked_of_it_and_says_its_price(tools: Tools, card: ModelCard) -> None:
    nothing = {parameter.name: None for parameter in card.parameters.values() if parameter.nullable}
    for given in (minimal(card), nothing | minimal(card)):
        accepted = await submit(Submission(card, given, "comet", OWNER), tools)

        assert (await task_behind(tools, accepted)).model == card.name
        assert accepted.quote.credits >= 0


async def test_a_picture_that_came_with_the_request_counts_in_its_price(tools: Tools) -> None:
    without = await ask(tools, "flux-2-pro", input_image="https://example.com/boat.png", width=1024, height=1024)
    with_it = await ask(tools, "flux-2-pro", input_image=in_base64(a_file(width=1024, height=1024)), width=1024, height=1024)

    assert (without.quote.input_mp, with_it.quote.input_mp) == (0, 1.04)


async def test_a_worker_that_waits_hears_of_a_new_task(tools: Tools) -> None:
    waiting = asyncio.create_task(tools.hub.wait_for_queue(60))
    await asyncio.sleep(0)

    await ask(tools)

    await asyncio.wait_for(waiting, 5)


# pictures


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("head", ["", "data:image/png;base64,", "DATA:image/svg+xml;BASE64,"])
async def test_a_picture_in_the_request_is_kept_under_the_tasks_own_prefix(tools: Tools, form: str, head: str) -> None:
    picture = a_file(form)

    accepted = await ask(tools, EDITING, input_image=head + in_base64(picture))

    key = places.given(accepted.task, "input_image", None)
    assert files_of(tools) == {key: picture}
    assert key.startswith(places.prefix(accepted.task))
    assert (await inputs_of(tools, accepted)).parameters["input_image"] == BLOB + key


async def test_a_picture_elsewhere_is_left_there_until_it_is_painted_from(tools: Tools) -> None:
    accepted = await ask(tools, EDITING, input_image="https://example.com/boat.png")

    assert not files_of(tools)
    assert (await inputs_of(tools, accepted)).parameters["input_image"] == "https://example.com/boat.png"


async def test_many_pictures_keep_their_order_wherever_they_are(tools: Tools) -> None:
    first, last = a_file(width=64), a_file(width=128)

    accepted = await ask(tools, BLENDING, images=[in_base64(first), "https://example.com/boat.png", in_base64(last)])

    keys = [places.given(accepted.task, "images", index) for index in (0, 2)]
    assert (await inputs_of(tools, accepted)).parameters["images"] == [BLOB + keys[0], "https://example.com/boat.png", BLOB + keys[1]]
    assert files_of(tools) == {keys[0]: first, keys[1]: last}


NO_PICTURE = "expected a picture: an http or https URL, base64, or a data:image URL"
BAD_PICTURES = {
    "words": ("a paper boat", NO_PICTURE),
    "nothing": ("", "no PNG, JPEG or WebP picture"),
    "a file's name": ("./boat.png", NO_PICTURE),
    "another scheme": ("file:///etc/passwd", NO_PICTURE),
    "a reference of ours": ("blob:2026-01-01/0000/00-0.png", NO_PICTURE),
    "a data URL of no picture": ("data:text/html;base64," + in_base64(PICTURE), NO_PICTURE),
    "base64 with a space": (in_base64(PICTURE)[:40] + " " + in_base64(PICTURE)[40:], NO_PICTURE),
    "base64 without its end": (in_base64(a_file(width=61))[:-1], NO_PICTURE),
    "letters that are not ASCII": ("ä" * 40, NO_PICTURE),
    "base64 of words": (in_base64(b"a paper boat"), "no PNG, JPEG or WebP picture"),
    "a GIF": (in_base64(a_file("GIF", mode="P")), "no PNG, JPEG or WebP picture"),
    "a picture without its end": (in_base64(PICTURE[:20]), "cut short"),
    "too much": ("A" * (MAX_BYTES * 4 // 3 + 5), f"the picture is larger than {MAX_BYTES} bytes"),
    "a private address": ("http://10.0.0.1/boat.png", "10.0.0.1"),
    "ourselves": ("http://127.0.0.1:8000/healthz", "127.0.0.1"),
    "an address without end": ("https://example.com/" + "x" * LONGEST_URL, f"the picture's URL is longer than {LONGEST_URL} characters"),
}


@pytest.mark.parametrize("case", BAD_PICTURES)
async def test_what_is_no_picture_is_refused_before_anything_is_stored(tools: Tools, case: str) -> None:
    text, why = BAD_PICTURES[case]

    with pytest.raises(InvalidRequest) as refused:
        await ask(tools, EDITING, input_image=text)

    [(where, said)] = problems(refused)
    assert where == ("input_image",)
    assert why in said
    assert len(said) < 300
    assert await nothing_is_stored(tools)


async def test_every_bad_picture_is_named_at_once_and_the_good_ones_are_not_kept(tools: Tools) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await ask(tools, BLENDING, images=["no", in_base64(PICTURE), "http://10.0.0.1/"])

    assert [where for where, _ in problems(refused)] == [("images", 0), ("images", 2)]
    assert await nothing_is_stored(tools)


# what is refused


@pytest.mark.parametrize("model", ["", "flux-dev ", "FLUX-DEV", "no-such-model", "black-forest-labs/flux-schnell", "\0"])
async def test_a_model_that_is_not_served_is_refused_by_name(tools: Tools, model: str) -> None:
    with pytest.raises(ModelNotServed):
        await ask(tools, model)

    assert await nothing_is_stored(tools)


@pytest.mark.parametrize("card", [card for card in CARDS if not card.listed], ids=lambda card: card.name)
async def test_a_model_that_is_not_listed_is_not_served(tools: Tools, card: ModelCard) -> None:
    with pytest.raises(ModelNotServed):
        await submit(Submission(card, minimal(card), "comet", OWNER), tools)


def test_the_models_of_one_surface_are_not_those_of_the_other() -> None:
    with pytest.raises(ModelNotServed):
        card_of(BLENDING, Surface.REPLICATE)


async def test_bad_parameters_are_refused_though_the_picture_is_good(tools: Tools) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await ask(tools, EDITING, input_image=in_base64(PICTURE), seed=-1)

    assert [where for where, _ in problems(refused)] == [("seed",)]
    assert await nothing_is_stored(tools)


@pytest.mark.parametrize("url", ["http://example.com/hook", "https://10.0.0.1/hook", "https://127.1/hook"])
async def test_a_webhook_that_may_not_be_sent_is_refused_before_anything_is_stored(tools: Tools, url: str) -> None:
    for submission in (a_submission(EDITING, input_image=in_base64(PICTURE), webhook_url=url), replace(a_submission(), webhook_url=url)):
        with pytest.raises(InvalidRequest) as refused:
            await submit(submission, tools)

        assert [where for where, _ in problems(refused)] == [("webhook_url",)]
        assert await nothing_is_stored(tools)


# a dry run


async def test_an_estimate_is_what_the_task_would_cost_and_stores_nothing(tools: Tools) -> None:
    submission = a_submission("flux-2-pro", input_image=in_base64(a_file(width=1024, height=1024)))

    estimated = await estimate(submission, tools)

    assert await nothing_is_stored(tools)
    assert estimated == (await submit(submission, tools)).quote


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"input_image": "no picture"}, {"webhook_url": "http://10.0.0.1/"}], ids=str)
async def test_an_estimate_refuses_what_a_create_would(tools: Tools, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        await estimate(a_submission("flux-2-pro", **wrong), tools)


async def test_an_estimate_is_given_though_the_queue_is_full(clock: HandClock) -> None:
    tools = a_studio(clock, limits=Limits(waiting=1)).tools
    await ask(tools)

    assert (await estimate(a_submission(), tools)).credits > 0


# limits


async def test_a_full_queue_refuses_and_keeps_no_picture(clock: HandClock) -> None:
    tools = a_studio(clock, limits=Limits(waiting=1)).tools
    await ask(tools)

    with pytest.raises(TooManyRequests):
        await ask(tools, EDITING, input_image=in_base64(PICTURE))

    assert await tools.ledger.waiting() == 1
    assert not files_of(tools)


async def test_a_key_has_a_limit_of_its_own(clock: HandClock) -> None:
    tools = a_studio(clock, limits=Limits(active=1)).tools
    generous, strict = replace(OWNER, max_active=2), replace(COLLEAGUE, max_active=1)
    await ask(tools, key=generous)
    await ask(tools, key=generous)
    await ask(tools, key=strict)
    await ask(tools, key=STRANGER)

    for key in (generous, strict, STRANGER):
        with pytest.raises(TooManyRequests):
            await ask(tools, key=key)


async def test_where_limits_are_lifted_a_keys_own_is_lifted_too(clock: HandClock) -> None:
    tools = a_studio(clock).tools
    tools = replace(tools, policy=replace(tools.policy, limits=None))
    strict = replace(OWNER, max_active=1)

    for _ in range(3):
        await ask(tools, key=strict)

    assert await tools.ledger.waiting() == 3


@pytest.mark.parametrize("lifted", [False, True])
async def test_a_keys_budget_holds_unless_limits_are_lifted(clock: HandClock, lifted: bool) -> None:
    tools = a_studio(clock).tools
    tools = replace(tools, policy=replace(tools.policy, limits=None if lifted else Limits()))
    await tools.ledger.set_credits(OWNER.account, 1e6)
    price = (await estimate(a_submission(), tools)).credits
    frugal = replace(OWNER, budget=1.5 * price)
    await tools.ledger.add_key(frugal, "d" * 64)
    await ask(tools, key=frugal)

    with nullcontext() if lifted else pytest.raises(PaymentRequired):
        await ask(tools, key=frugal)

    assert await tools.ledger.waiting() == (2 if lifted else 1)
    assert await tools.ledger.credits_of(OWNER.account) == (1e6 if lifted else 1e6 - price)


async def test_a_key_for_some_models_is_for_no_others(tools: Tools) -> None:
    choosy = replace(OWNER, models=("flux-dev", "flux-2-pro"))
    await ask(tools, key=choosy)

    with pytest.raises(NotAllowed, match="flux-dev, flux-2-pro"):
        await ask(tools, EDITING, key=choosy, input_image=in_base64(PICTURE))

    assert not files_of(tools)


# the same request again


async def repeat(tools: Tools, **rest: Any) -> Any:
    return await ask(tools, **{"idempotency_key": "once", "request_hash": "h"} | rest)


async def test_the_same_request_again_is_the_same_task(tools: Tools) -> None:
    first, again = await repeat(tools), await repeat(tools)

    assert (again.task, first.replayed, again.replayed) == (first.task, False, True)
    assert await tools.ledger.waiting() == 1


async def test_the_same_request_again_keeps_its_picture_once(tools: Tools) -> None:
    first = await repeat(tools, model=EDITING, input_image=in_base64(PICTURE))
    await repeat(tools, model=EDITING, input_image=in_base64(PICTURE))

    assert files_of(tools) == {places.given(first.task, "input_image", None): PICTURE}


async def test_a_replay_wakes_no_worker(tools: Tools) -> None:
    await repeat(tools)
    waiting = asyncio.create_task(tools.hub.wait_for_queue(60))
    await asyncio.sleep(0)

    await repeat(tools)
    await all_had_their_turn()

    assert not waiting.done()
    waiting.cancel()


async def test_another_request_under_the_same_idempotency_key_is_refused_and_keeps_nothing(tools: Tools) -> None:
    await repeat(tools)

    with pytest.raises(IdempotencyConflict):
        await repeat(tools, model=EDITING, input_image=in_base64(PICTURE), request_hash="another")

    assert await tools.ledger.waiting() == 1
    assert not files_of(tools)


async def test_idempotency_keys_of_different_keys_are_different(tools: Tools) -> None:
    mine, theirs = await repeat(tools), await repeat(tools, key=COLLEAGUE)

    assert mine.task != theirs.task


# when storing fails


class FullDisk(MemoryBlobs):
    """Takes so many files, and then no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        if len(self._blobs) >= self.room:
            raise Unavailable("no space left on device")
        return await super().put(key, data, replace=replace)


async def test_a_disk_that_fills_up_in_the_middle_keeps_neither_pictures_nor_task(tools: Tools) -> None:
    full = replace(tools, blobs=FullDisk(1))

    with pytest.raises(Unavailable):
        await ask(full, BLENDING, images=[in_base64(PICTURE)] * 3)

    assert await nothing_is_stored(full)


async def test_a_ledger_that_cannot_be_written_keeps_no_picture(tools: Tools) -> None:
    await tools.ledger.close()

    with pytest.raises(Unavailable):
        await ask(tools, EDITING, input_image=in_base64(PICTURE))

    assert not files_of(tools)


class SlowLedger:
    """A ledger whose commit takes until it is let go."""

    def __init__(self, ledger: Any) -> None:
        self._ledger, self.reached, self.go = ledger, asyncio.Event(), asyncio.Event()

    async def submit(self, *given: Any) -> Any:
        async def committing() -> Any:
            await self.go.wait()
            return await self._ledger.submit(*given)

        job = asyncio.ensure_future(committing())  # as in the writer's thread: whoever waited may go, the commit goes on
        self.reached.set()
        return await asyncio.shield(job)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)


async def test_a_caller_that_goes_away_during_the_commit_takes_no_picture_from_the_task(tools: Tools) -> None:
    slow = SlowLedger(tools.ledger)
    asking = asyncio.create_task(ask(replace(tools, ledger=slow), EDITING, input_image=in_base64(PICTURE)))
    await slow.reached.wait()

    asking.cancel()
    await asyncio.sleep(0)
    slow.go.set()
    await asyncio.gather(asking, return_exceptions=True)

    [task] = await tools.ledger.list_of("default", None, None, 10)
    assert files_of(tools) == {places.given(task.id, "input_image", None): PICTURE}


@pytest.mark.parametrize("many", [2, 20])
async def test_the_same_request_many_times_at_once_is_one_task_with_one_picture(tools: Tools, many: int) -> None:
    asked: Sequence[Any] = await asyncio.gather(*(repeat(tools, model=EDITING, input_image=in_base64(PICTURE)) for _ in range(many)))

    assert len({accepted.task for accepted in asked}) == 1
    assert sum(not accepted.replayed for accepted in asked) == 1
    assert list(files_of(tools)) == [places.given(asked[0].task, "input_image", None)]
