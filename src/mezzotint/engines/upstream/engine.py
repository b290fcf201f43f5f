"""An errand from the first call to the picture: whom to ask, when to ask another, when to give up.

The one rule above all: where nobody knows whether a provider took an order, nobody orders again, unless the provider makes one task of
orders with one key. So a call is noted before it is made, its id right after, and what was noted is followed to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from mezzotint.core.calls import Call, CallState, Noted
from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard
from mezzotint.core.conditions import Condition
from mezzotint.core.errands import Delivered, Errand, ProviderAnswer
from mezzotint.core.errors import EngineFailure, Moderated
from mezzotint.core.hooks import News
from mezzotint.core.translation import Translation
from mezzotint.crash_points import reached
from mezzotint.engines.upstream.book import REFUSED, Book, Note
from mezzotint.engines.upstream.following import Follower
from mezzotint.engines.upstream.news import Ear
from mezzotint.engines.upstream.providers import Counter, Counters, Way
from mezzotint.engines.upstream.timing import Deadline, backoff, retry_after
from mezzotint.engines.upstream.words import Junk, Order, Ready, Taken, complaint
from mezzotint.leash import Leash
from mezzotint.ports import Interrupted, ProviderLine
from mezzotint.routing.targets import said_to

PATIENCE = 2.0  # seconds that an errand waits for somebody to have time; then others have its place
AGAIN = 2.0  # seconds until it comes again
LONGEST_AGAIN = 30.0
NOT_TAKEN = (408, 425, 429, 503)  # statuses of a create that say: nothing was accepted, come back
BARRED = (401, 402, 403)  # ... and: not from you
UNKNOWN = "outcome_unknown"
TRIES = 0.5  # seconds before an idempotent provider is asked again the first time

log = structlog.get_logger("upstream")


@dataclass
class _Trip:
    """An errand under way."""

    errand: Errand
    card: ModelCard
    book: Book
    leash: Leash
    report: Callable[[int, int], None]
    deadline: Deadline
    ear: Ear
    why: str = ""  # nobody could be asked, or would paint it
    code: str = "provider_failed"
    wait: float = AGAIN
    hope: bool = False  # somebody may, later


class UpstreamEngine:
    """See `ports.Upstream`."""

    def __init__(self, counters: Counters, line: ProviderLine, note: Note, *, spare: int = 32) -> None:
        """`spare` errands may wait beside those that are on their way."""
        self._counters, self._line, self._note = counters, line, note
        self._follower = Follower(line)
        self._ears: dict[tuple[UUID, int], Ear] = {}  # of errands under way, by task and picture
        self.slots = counters.slots + spare

    async def run(self, errand: Errand, report: Callable[[int, int], None], leash: Leash) -> Delivered:
        card = BFL_MODELS.get(errand.model) or REPLICATE_MODELS[errand.model]
        trip = _Trip(errand, card, Book(errand, self._note), leash, report, Deadline(errand.age), Ear())
        which = (errand.task, errand.index)
        self._ears[which] = trip.ear
        try:
            found = await self._resumed(trip)
            return found if found is not None else await self._ordered(trip)
        finally:
            if self._ears.get(which) is trip.ear:
                del self._ears[which]

    def conditions(self) -> list[Condition]:
        return [counter.health.condition for counter in self._counters.all.values()]

    def hear(self, news: News) -> None:
        ear = self._ears.get((news.task, news.index))
        if ear is not None:
            ear.hear(news.number)

    # what was ordered before

    async def _resumed(self, trip: _Trip) -> Delivered | None:
        """The picture of the last call; None where there is none, and another may be ordered."""
        call = trip.book.last
        if call is None or call.state is CallState.FAILED:
            if call is not None and call.moderated:  # it was on its way to be told
                raise Moderated(call.reasons, picture=call.moderated == "picture")
            return None
        known = self._counters.way_of(trip.card, call.provider)
        if known is None:
            raise EngineFailure(f"it was ordered from {call.provider}, of whom mezzotint.toml says nothing any more", code=UNKNOWN)
        counter, way = known
        counter.slots.force()
        try:
            return await self._gone_on(trip, counter, way, call)
        finally:
            counter.slots.give()

    async def _gone_on(self, trip: _Trip, counter: Counter, way: Way, call: Call) -> Delivered | None:
        if call.state is CallState.SUBMITTING:
            if not counter.provider.idempotent:
                await self._unknown(trip, "it was being ordered when this server was interrupted")
            return await self._submitted(trip, counter, way, _said(trip.errand, trip.card, way), doubtful=True)
        if call.state is CallState.UNKNOWN:
            raise EngineFailure(f"{call.provider} may or may not have made the picture ({call.note}); it is not ordered twice", code=UNKNOWN)
        if not call.external_id:
            raise EngineFailure(f"{call.provider} made the picture, and it was lost on the way; it is not ordered twice", code="picture_lost")
        return await self._follow(trip, counter, way, call, resumed=True)

    # ordering

    async def _ordered(self, trip: _Trip) -> Delivered:
        """From the first who can be asked and does not say no."""
        for counter, way in self._counters.for_task(trip.card, trip.errand.task, trip.errand.index):
            found = await self._asked(trip, counter, way)
            if found is not None:
                return found
        left = trip.deadline.left(self._longest(trip))
        if trip.hope and left > 0:
            raise EngineFailure(trip.why, unused=True, delay=min(max(trip.wait, 0.1), LONGEST_AGAIN, left))
        code = "provider_unavailable" if trip.hope else trip.code
        raise EngineFailure(trip.why or "no provider in mezzotint.toml has this model", code=code)

    def _longest(self, trip: _Trip) -> float:
        ways = self._counters.for_task(trip.card, trip.errand.task, trip.errand.index)
        return max((counter.provider.deadline for counter, _ in ways), default=0.0)

    async def _asked(self, trip: _Trip, counter: Counter, way: Way) -> Delivered | None:
        """None where that provider is not to be had, now or at all, and nothing was made there."""
        name, health = counter.provider.name, counter.health
        if trip.book.failed_at(name):
            trip.why = trip.why or f"{name}: {trip.book.last.note.removeprefix(REFUSED) if trip.book.last else ''}"
            return None
        if health.barred:
            trip.why, trip.code = f"{name}: {health.why}", "provider_refused"
            return None
        if (wait := health.wait()) > 0:
            self._later(trip, f"{name}: {health.why or 'it is being tried'}", wait)
            return None
        said = _said(trip.errand, trip.card, way)
        if said.lost:
            trip.why, trip.code = f"{name} takes no {', '.join(said.lost)} for this model", "provider_refused"
            return None
        if said.dropped and trip.card.strict:
            trip.why, trip.code = f"{name} knows no {', '.join(said.dropped)}, and this model is not painted without", "provider_refused"
            return None
        if not await counter.slots.take(trip.leash, PATIENCE):
            self._later(trip, f"{name}: all of its {counter.provider.concurrency} slots are taken", AGAIN)
            return None
        try:
            return await self._begun(trip, counter, way, said)
        finally:
            counter.slots.give()

    async def _begun(self, trip: _Trip, counter: Counter, way: Way, said: Translation) -> Delivered | None:
        trip.leash.check()
        noted = await trip.book.begin(counter.provider.name, way.name, counter.price_of(trip.card), said.dropped, counter.caps)
        if noted is Noted.LOST:
            raise Interrupted
        if noted is Noted.SPENT:
            trip.why, trip.code = f"{counter.provider.name} may not cost more for now, as mezzotint.toml says", "spend_cap_reached"
            return None
        reached("call: begun")
        return await self._submitted(trip, counter, way, said)

    async def _submitted(self, trip: _Trip, counter: Counter, way: Way, said: Translation, *, doubtful: bool = False) -> Delivered | None:
        """The call is noted, and now made; of an idempotent provider again and again, until it is known how it went.

        `doubtful`: it may have been made before. Then a refusal says nothing of what came of it that time.
        """
        request = way.dialect.create(counter.desk, self._order(trip, counter, way, said))
        counter.health.begin()
        for delay in backoff(TRIES):
            answer = await self._line.ask(request)
            reached("call: made")
            verdict = self._judged(counter, way, answer)
            if isinstance(verdict, Taken | Ready) or not (doubtful or isinstance(verdict, _Unknown)):
                return await self._after(trip, counter, way, verdict)
            doubtful = True
            counter.health.bad(verdict.why)
            never = isinstance(verdict, _Refused) or not counter.provider.idempotent
            if never or trip.deadline.over(counter.provider.deadline):
                await self._unknown(trip, verdict.why)
            await trip.leash.sleep(max(delay, retry_after(answer)))
        return None

    @staticmethod
    def _order(trip: _Trip, counter: Counter, way: Way, said: Translation) -> Order:
        errand, number = trip.errand, trip.book.calls[-1].number
        webhook = errand.hook.address(errand.index, number) if errand.hook is not None and counter.provider.webhooks else ""
        return Order(way.name, said, errand.size, f"{errand.task}-{errand.index}-{number}", webhook)

    async def _after(self, trip: _Trip, counter: Counter, way: Way, verdict: _Verdict) -> Delivered | None:
        match verdict:
            case Taken():
                counter.health.good()
                cost = trip.book.calls[-1].cost if verdict.cost is None else verdict.cost
                call = await trip.book.go_on(CallState.SUBMITTED, external_id=verdict.id, polling_url=verdict.polling_url, cost=cost)
                reached("call: taken")
                return await self._follow(trip, counter, way, call)
            case Ready():
                counter.health.good()
                return await self._follower.bring(counter, trip.book, verdict, trip.errand.format, trip.leash)
            case _NotTaken():
                counter.health.hold(verdict.wait, verdict.why) if verdict.asked else counter.health.bad(verdict.why)
                await trip.book.fail(verdict.why)
                self._later(trip, f"{counter.provider.name}: {verdict.why}", verdict.wait)
            case _Refused():
                if verdict.moderated:
                    counter.health.good()
                    raise await trip.book.moderated(verdict.moderated, picture=False)
                await trip.book.fail(verdict.why, refused=True)
                counter.health.bar(verdict.why) if verdict.barred else counter.health.good()
                trip.why, trip.code = f"{counter.provider.name}: {verdict.why}", "provider_refused"
            case _Unknown():
                await self._unknown(trip, verdict.why)
        return None

    @staticmethod
    def _later(trip: _Trip, why: str, wait: float) -> None:
        trip.wait = wait if not trip.hope else min(trip.wait, wait)
        trip.why, trip.hope = why, True

    def _judged(self, counter: Counter, way: Way, answer: ProviderAnswer) -> _Verdict:
        """What an answer to a create says of whether there is a task."""
        status = answer.status
        if not answer.sent:
            return _NotTaken(answer.error, AGAIN, asked=False)
        if 200 <= status < 300:
            return _taken(way, answer)
        if status in NOT_TAKEN or status in counter.provider.not_taken:
            return _NotTaken(
                f"it answered {status}: {complaint(answer, counter.desk)}", retry_after(answer) or AGAIN, asked=status == 429 or bool(retry_after(answer))
            )
        if 300 <= status < 500:
            moderated = way.dialect.refusal(answer)
            return _Refused(f"it answered {status}: {complaint(answer, counter.desk)}", moderated.reasons if moderated else (), status in BARRED)
        return _Unknown(answer.error or f"it answered {status}: {complaint(answer, counter.desk)}")

    async def _unknown(self, trip: _Trip, why: str) -> None:
        """Raises EngineFailure."""
        call = await trip.book.go_on(CallState.UNKNOWN, note=why[:500])
        log.error("outcome unknown", task=str(call.task), provider=call.provider, why=why)
        message = f"{call.provider} may or may not have made the picture ({why}); it is not ordered twice. You were not charged"
        raise EngineFailure(message, code=UNKNOWN)

    async def _follow(self, trip: _Trip, counter: Counter, way: Way, call: Call, *, resumed: bool = False) -> Delivered | None:
        return await self._follower.follow(
            counter, way.dialect, trip.book, call, trip.errand, trip.deadline, trip.report, trip.leash, trip.ear, resumed=resumed
        )

    async def close(self) -> None:
        """What is under way is on a leash; the line ends here."""
        await self._line.close()


@dataclass(frozen=True)
class _NotTaken:
    """Nothing was made, and later something may be. `asked`: it asked for the wait."""

    why: str
    wait: float
    asked: bool


@dataclass(frozen=True)
class _Refused:
    """Nothing was made, and nothing will be."""

    why: str
    moderated: tuple[str, ...]
    barred: bool


@dataclass(frozen=True)
class _Unknown:
    """Something may have been made."""

    why: str


_Verdict = Taken | Ready | _NotTaken | _Refused | _Unknown


def _said(errand: Errand, card: ModelCard, way: Way) -> Translation:
    """The errand as it is told to that provider, with the seed of its own picture: the further ones of a task count up."""
    return said_to(way.target, card, {**errand.values, "seed": errand.seed}, errand.size, errand.pictures)


def _taken(way: Way, answer: ProviderAnswer) -> _Verdict:
    try:
        word = way.dialect.created(answer)
    except Junk as error:
        return _Unknown(str(error))
    return word if isinstance(word, Taken | Ready) else _Unknown("it answered a create with something else")
