"""The edges: what the service asks of the world, each port named for who asks. Adapters fit them; they inherit nothing.

One object, the ledger, answers Tasks, Queue, Outbox, Keys, Files, Calls and Shelf. Every method of it is one transaction: it happened, on disk,
when it returns, or it raised and did not happen. Ledger methods wait; engines compute.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from mezzotint.core.accounts import ApiKey, Usage
from mezzotint.core.calls import Call, CallNote, Noted, Spent
from mezzotint.core.conditions import Condition, Findings
from mezzotint.core.errands import Delivered, Errand, ProviderAnswer, ProviderRequest
from mezzotint.core.files import File
from mezzotint.core.hooks import News
from mezzotint.core.images import EncodedImage, Pixels
from mezzotint.core.tasks import Claim, Inputs, NewTask, Status, Task, Verdict
from mezzotint.core.webhooks import Attempt, Delivery, Message, Standing
from mezzotint.leash import Leash


class Clock(Protocol):
    """Unix seconds. Time enters here and nowhere else."""

    def now(self) -> float: ...


class WallClock(Clock, Protocol):
    """The clock on the wall, which somebody may set: it goes on as it did until it is told to follow."""

    def jumped(self) -> float:
        """By how many seconds the wall's time was set on, or back if negative; 0 where it was not."""
        ...

    def follow(self, seconds: float) -> None: ...

    def mark(self, seconds: float = 0.0) -> str:
        """How it is set, or will be after it has followed; to be compared with by a later process."""
        ...

    def set_since(self, mark: str | None) -> float:
        """By how many seconds the wall's time was set since an earlier process made that mark; 0 where that cannot be told."""
        ...


@dataclass(frozen=True)
class Limits:
    """What a submit may not exceed; None is no limit. `waiting` counts all tasks in the queue, `active` those of one key, `budget`
    the credits that the key may have spent."""

    waiting: int | None = None
    active: int | None = None
    budget: float | None = None


@dataclass(frozen=True)
class Submitted:
    """The task that a submit made, or the one that the same idempotency key made before."""

    task: UUID
    replayed: bool = False


class Tasks(Protocol):
    """What the server asks of the tasks."""

    async def submit(self, task: NewTask, limits: Limits) -> Submitted:
        """Takes the task's price from account and key; it is given back if the task does not become ready.

        Raises TooManyRequests over a limit, PaymentRequired where credits or budget do not suffice, IdempotencyConflict on a reused
        key, Unavailable if it cannot be written.
        """
        ...

    async def submit_all(self, tasks: Sequence[NewTask], limits: Limits) -> list[Submitted]:
        """Several at once: all of them, or, where one is refused, none."""
        ...

    async def get(self, task: UUID) -> Task | None: ...

    async def inputs(self, task: UUID) -> Inputs | None: ...

    async def list_of(
        self, account: str, status: Status | None, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False
    ) -> list[Task]:
        """Newest first, those made before `before` and after `after`: the newest of them, or with `oldest` the oldest."""
        ...

    async def cancel(self, task: UUID, account: str) -> Task | None:
        """A waiting task is canceled at once, a running one as soon as its worker notices. None: the account has no such task."""
        ...


@dataclass(frozen=True)
class Orders:
    """What a worker is told when it beats: tasks to stop, and tasks that are no longer its own."""

    canceled: tuple[UUID, ...] = ()
    lost: tuple[UUID, ...] = ()


class Queue(Protocol):
    """What workers ask of the same tasks."""

    async def enlist(self, worker: str) -> int:
        """A worker comes (back): its new epoch. Whatever it held under an older one is offered again at once."""
        ...

    async def claim(
        self,
        worker: str,
        epoch: int,
        engines: Collection[str],
        count: int,
        held: Collection[tuple[UUID, int]] | None = None,
        prefer: Collection[str] = (),
    ) -> list[Claim]:
        """Up to `count` tasks in fair order, each with a title to it. Raises NotEnlisted for a worker whose epoch is not current.

        `held` are all the (task, attempt) that the worker has: what it was given beside these never reached it, and is offered again.
        Of the first tasks, those of a model in `prefer` go before the others of their class, unless one of these has waited for long:
        see `ledger.terms`.
        """
        ...

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        """Renews the worker's lease; `held` are the (task, attempt) that it has."""
        ...

    async def settle(self, verdicts: Sequence[Verdict]) -> list[bool]:
        """Ends tasks, or hands them back. False where the title has passed on, or the task was canceled meanwhile."""
        ...

    async def reap(self) -> int:
        """Offers again what workers hold whose lease has run out; ends what has no attempts left or is past its deadline."""
        ...


class Outbox(Protocol):
    """What the sender of webhooks asks, and those whose webhooks they are."""

    async def due(self, count: int) -> list[Delivery]:
        """What is owed now, the longest due first; of a task's events none before those that it follows are settled. What is taken is
        not offered again until `record`, or until its taker is long gone."""
        ...

    async def next_due(self) -> float | None:
        """Seconds until something is due that is not yet; None: nothing will be by itself."""
        ...

    async def take_back(self) -> int:
        """What was taken and neither recorded nor put off is due again; how many. For the one sender there is, before it begins."""
        ...

    async def put_off(self, delivery: Delivery, seconds: float) -> None:
        """What was taken is given back unsent, and offered again after so long; it does not count as an attempt."""
        ...

    async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        """Notes an attempt, whoever else made one meanwhile; how the message stands now. `jitter` in 0..1."""
        ...

    async def messages_of(self, account: str, standing: Standing | None, before: str | None, count: int) -> list[Message]:
        """Those of the newest tasks first, each with its last attempt; `before` is the id of a message."""
        ...

    async def message(self, message: str, account: str) -> Message | None:
        """With all attempts that are kept, the newest KEPT. None: the account has no such message."""
        ...

    async def resend(self, message: str, account: str) -> bool:
        """It is due now, under its old id, and has all its attempts again. False: the account has no such message."""
        ...


class Keys(Protocol):
    """Accounts' keys, by digest."""

    async def find_key(self, digest: str) -> ApiKey | None: ...

    async def add_key(self, key: ApiKey, digest: str) -> None: ...

    async def revoke_key(self, key_id: str) -> bool: ...

    async def expire_key(self, key_id: str, at: float) -> bool:
        """It expires then, or earlier if it was to. False where there is none."""
        ...

    async def keys_of(self, account: str | None) -> list[ApiKey]: ...

    async def credits_of(self, account: str) -> float | None:
        """What is left to spend, without what tasks at work may cost; None: no limit."""
        ...

    async def set_credits(self, account: str, left: float | None) -> None:
        """What is left from now on. What tasks at work paid before is apart from it, and comes back to it if they fail."""
        ...

    async def usage_of(self, account: str, first: str, last: str, by: Sequence[str], count: int, start: int = 0) -> list[Usage]:
        """Both days (YYYY-MM-DD) included; told apart `by` some of `core.spending.COLUMNS` and in that order: `count` rows at most, from
        that of number `start`."""
        ...

    async def usage_total(self, account: str, first: str, last: str) -> tuple[int, float]:
        """All tasks of these days, and their credits."""
        ...


class Files(Protocol):
    """Pictures that were uploaded before the tasks that name them. One that has expired is nowhere but on the shelf."""

    async def add_file(self, file: File, room: int | None) -> None:
        """Raises BodyTooLarge where the account's files would take more than `room` bytes."""
        ...

    async def find_file(self, file: UUID) -> File | None:
        """Whosever it is."""
        ...

    async def files_of(self, account: str, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False) -> list[File]:
        """As `Tasks.list_of`."""
        ...

    async def drop_file(self, file: UUID, account: str) -> bool:
        """It expires now. False where the account has no such file."""
        ...


class Calls(Protocol):
    """Pictures ordered from providers: what workers note of them, and what they cost."""

    async def note_calls(self, notes: Sequence[CallNote]) -> list[Noted]:
        """Notes new calls, where the title holds and the provider may cost so much; and how calls go on, whoever has the title by now."""
        ...

    async def calls_of(self, task: UUID) -> list[Call]:
        """By picture and number."""
        ...

    async def note_conditions(self, worker: str, conditions: Sequence[Condition]) -> None:
        """How a worker finds its providers now, in place of what it said before."""
        ...

    async def conditions(self) -> list[Findings]:
        """The last word of each worker, by its name."""
        ...

    async def spent_upstream(self, first: str, last: str) -> list[Spent]:
        """By day, provider and model; both days (YYYY-MM-DD) included."""
        ...


class Shelf(Protocol):
    """What the sweeper asks. Everything in the blob store lies under the prefix of a task, and every task ends; or of a file, and
    every file expires."""

    async def spent_files(self, count: int) -> list[UUID]:
        """Files whose bytes may be deleted now."""
        ...

    async def forget_files(self, files: Sequence[UUID]) -> None:
        """The bytes of these are deleted."""
        ...

    async def spent(self, count: int) -> list[UUID]:
        """Tasks whose pictures, given or painted, may be deleted now."""
        ...

    async def emptied(self, tasks: Sequence[UUID]) -> None:
        """The pictures of these are deleted."""
        ...

    async def tidy(self) -> int:
        """Forgets tasks and idempotency keys past their time; how many tasks."""
        ...


class Ledger(Tasks, Queue, Outbox, Keys, Files, Calls, Shelf, Protocol):
    """What an adapter in `ledger` is: one object, several narrow views."""

    async def secret(self) -> bytes:
        """The installation's signing secret, made once and kept."""
        ...

    async def waiting(self) -> int:
        """Tasks in the queue."""
        ...

    async def check(self) -> dict[str, Any]:
        """That it answers and is as durable as it promises; facts for the health page, `workers` that hold a lease among them.

        Raises LedgerError.
        """
        ...

    async def clock_mark(self) -> str | None:
        """The last one that came with `move`."""
        ...

    def move(self, seconds: float, mark: str, *, at_start: bool = False) -> None:
        """Moves all that is to come, such as ends of leases, delays, deadlines, and when pictures go: the clock is set by as much right
        after. What was, and when keys expire, stays. Not awaited, so that nobody looks at the time in between. Leases and delays are of this time already
        `at_start`, and stay. Raises Unavailable."""
        ...

    async def close(self) -> None: ...


class BlobStore(Protocol):
    """Pictures as bytes under keys. What `put` returned for is on disk."""

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        """Create-only: False, and nothing changed, where the key is taken; with `replace`, over what is there."""
        ...

    async def get(self, key: str) -> bytes | None: ...

    async def delete(self, prefixes: Sequence[str]) -> None:
        """Everything whose key, up to its last dash, is one of them."""
        ...

    async def keys_in(self, folder: str) -> list[str]:
        """The keys that begin with the folder and a slash, and have none after it. A put that has not returned may be among them."""
        ...


@dataclass(frozen=True)
class PaintRequest:
    """Settled inputs of one picture. `width` and `height` None: as the first of `pictures`. `pictures` are decoded, by parameter."""

    model: str
    prompt: str
    width: int | None
    height: int | None
    steps: int
    guidance: float
    seed: int
    pictures: tuple[tuple[str, Pixels], ...] = ()
    strength: float | None = None
    extras: tuple[tuple[str, Any], ...] = ()

    def size(self, otherwise: int) -> tuple[int, int]:
        """What is asked for, else the first picture's size, else a square of `otherwise` pixels a side."""
        if self.width and self.height:
            return self.width, self.height
        if self.pictures:
            return self.pictures[0][1].width, self.pictures[0][1].height
        return otherwise, otherwise


@dataclass(frozen=True)
class Painting:
    """What an engine made, and the prompt as it painted it. `notes` go into the file's metadata."""

    pixels: Pixels
    prompt: str
    notes: tuple[tuple[str, str], ...] = ()


class Interrupted(Exception):
    """Raised by a report to stop an engine between steps. Not an error: somebody canceled."""


Report = Callable[[int, int], None]
"""Called with (step, steps) after every step; raises Interrupted when the task was canceled."""


class Engine(Protocol):
    """Turns settled inputs into pixels. Not asynchronous: it runs in a process of its own."""

    @property
    def name(self) -> str: ...

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        """Raises EngineFailure, or whatever Interrupted a report raises."""
        ...


@runtime_checkable
class Previewing(Protocol):
    """What an engine may do besides: show the picture that it paints."""

    def preview(self) -> Pixels | None:
        """The picture in hand as it looks now, small; asked for within a report, and only where somebody watches. None: nothing to see."""
        ...


class ProviderLine(Protocol):
    """Speaks to providers."""

    async def ask(self, request: ProviderRequest) -> ProviderAnswer:
        """Never raises for what the other side does. Follows no redirect."""
        ...

    async def close(self) -> None: ...


class Upstream(Protocol):
    """An engine that has others paint, many at a time."""

    @property
    def slots(self) -> int:
        """How many errands it may be on."""
        ...

    async def run(self, errand: Errand, report: Callable[[int, int], None], leash: Leash) -> Delivered:
        """Raises EngineFailure, Moderated, BadPicture, or what the leash holds."""
        ...

    def conditions(self) -> list[Condition]:
        """How its providers are."""
        ...

    def hear(self, news: News) -> None:
        """Looks after an order soon. What is not on its way any more is not minded."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Warming(Protocol):
    """What an engine may do besides: get ready at length, before it is asked for anything."""

    def warm(self, alive: Callable[[], None]) -> None:
        """Raises EngineFailure. `alive` may be called at any time: whoever waits then waits longer."""
        ...


@runtime_checkable
class Overlapping(Protocol):
    """An engine that waits for another processor while it paints: its pictures are encoded beside the next one, in a thread of their own,
    and there the pixels are drawn."""

    @property
    def overlaps(self) -> bool: ...


@runtime_checkable
class Keeping(Protocol):
    """What keeps some models at hand, and paints them sooner than others. Engines may be so, and what the worker has of them."""

    @property
    def at_hand(self) -> tuple[str, ...]:
        """Names of models of the API."""
        ...


class Moderator(Protocol):
    """Says why something is refused, as reasons fit to show; empty where it is not."""

    @property
    def judges_pictures(self) -> bool:
        """Whether it may refuse a finished picture. Then nobody may see it before it is finished."""
        ...

    async def request(self, inputs: Inputs) -> tuple[str, ...]: ...

    async def picture(self, image: EncodedImage, inputs: Inputs) -> tuple[str, ...]: ...


class Fetcher(Protocol):
    """Brings bytes from addresses that users chose."""

    async def fetch(self, url: str) -> bytes:
        """Raises Unreachable for addresses that may not be, or could not be, reached; BadPicture over the size limit."""
        ...


@dataclass(frozen=True)
class Reply:
    """`retry_after`: seconds that the receiver asks to be left alone for."""

    status: int | None
    note: str = ""
    retry_after: float = 0.0


class Poster(Protocol):
    """Sends webhooks to addresses that users chose."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Never raises for what the other side does: no answer is a Reply without a status."""
        ...
