"""A call that was accepted, followed to its end: polled in the provider's time, its picture fetched before the link dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from mezzotint.core.calls import Call, CallState
from mezzotint.core.errands import Delivered, Errand, ProviderAnswer, ProviderRequest
from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import EncodedImage, ImageFormat
from mezzotint.crash_points import reached
from mezzotint.engines.upstream import news
from mezzotint.engines.upstream.book import Book
from mezzotint.engines.upstream.news import Ear
from mezzotint.engines.upstream.pictures import kept_as
from mezzotint.engines.upstream.providers import Counter
from mezzotint.engines.upstream.timing import Deadline, backoff, retry_after
from mezzotint.engines.upstream.words import LARGEST_PICTURE, Dialect, Failed, Junk, Missing, Ready, Refused, Waiting, Word
from mezzotint.leash import Leash
from mezzotint.ports import Interrupted, ProviderLine

FETCHES = 4  # times that a picture is fetched, each by a link that the provider tells anew
MISSES = 5  # times in a row that a provider may not know what it took
LONGEST_POLL = 30.0  # seconds between polls, whatever the provider asks for
FETCH_SECONDS = 60.0
PERCENT = 100

log = structlog.get_logger("upstream")


@dataclass
class _Patience:
    """What a call may still do wrong."""

    misses: int = MISSES
    fetches: int = FETCHES


class Follower:
    def __init__(self, line: ProviderLine) -> None:
        self._line = line

    async def follow(
        self,
        counter: Counter,
        dialect: Dialect,
        book: Book,
        call: Call,
        errand: Errand,
        deadline: Deadline,
        report: Callable[[int, int], None],
        leash: Leash,
        ear: Ear,
        *,
        resumed: bool = False,
    ) -> Delivered | None:
        """The picture; None where the provider says that it made none, so that another may be asked.

        `resumed`: nobody listened for a while, and what was said meanwhile is lost, so that it is looked at once.

        Raises Moderated, EngineFailure, or what the leash holds.
        """
        patience, waits = _Patience(), backoff(counter.provider.poll)
        tells = counter.provider.webhooks and errand.hook is not None
        try:
            said = False
            if not resumed and (tells or not dialect.holds):
                said = await ear.wait(call.number, leash, max(0.0, _interval(counter, tells=tells) - call.age))
            while True:
                word, wait = await self._poll(counter, dialect, call, leash)
                if isinstance(word, Waiting):
                    waits = backoff(counter.provider.poll)
                    _tell(report, word)
                    if said:  # too early, or twice: not at once again
                        await leash.sleep(counter.provider.poll)
                elif tells and word is not None:
                    counter.hearing.note(said=said)
                if isinstance(word, Ready):
                    if (found := await self._fetched(counter, book, word, errand.format, patience, leash)) is not None:
                        return found
                elif not isinstance(word, Waiting) and word is not None and await self._ended(book, word, patience):
                    return None
                if deadline.over(counter.provider.deadline):
                    await self._give_up(book, f"it was not ready within {counter.provider.deadline:g} seconds", code="provider_timeout")
                pause = _interval(counter, tells=tells) if isinstance(word, Waiting) else next(waits)
                said = await ear.wait(call.number, leash, min(max(pause, wait), LONGEST_POLL, max(deadline.left(counter.provider.deadline), 0.01)))
        except Interrupted:
            await self._cancel(counter, dialect, book, call)
            raise

    async def _poll(self, counter: Counter, dialect: Dialect, call: Call, leash: Leash) -> tuple[Word | None, float]:
        """What the provider says, None where that is nothing; and for how long it wants to be left alone."""
        answer = await leash.hold(self._line.ask(dialect.poll(counter.desk, call)))
        wait = retry_after(answer)
        try:
            if not (200 <= answer.status < 300 or answer.status == 404):
                raise Junk(answer.error or f"it answered {answer.status}")
            word = dialect.polled(answer, call)
        except Junk as error:
            log.warning("poll came to nothing", task=str(call.task), provider=call.provider, why=str(error)[:300])
            return None, wait
        counter.health.good()
        return word, wait

    async def _ended(self, book: Book, word: Word, patience: _Patience) -> bool:
        """Whether the provider made none. Raises Moderated, EngineFailure."""
        match word:
            case Refused():
                raise await book.moderated(word.reasons, picture=word.picture)
            case Failed():
                await book.fail(word.message, refused=True)
                return True
            case Missing():
                patience.misses -= 1
                if patience.misses <= 0:
                    await self._give_up(book, "it does not know the task any more that it accepted", code="outcome_unknown")
        return False

    async def _give_up(self, book: Book, why: str, *, code: str) -> None:
        """Raises EngineFailure."""
        call = await book.go_on(CallState.UNKNOWN, note=why[:500])
        raise EngineFailure(f"{call.provider}: {why}; it is not ordered twice. You were not charged", code=code)

    # the picture

    async def bring(self, counter: Counter, book: Book, ready: Ready, wanted: ImageFormat, leash: Leash) -> Delivered:
        """The picture of an answer that nothing can be asked after. Raises EngineFailure."""
        patience, waits = _Patience(), backoff(counter.provider.poll)
        while patience.fetches:
            if (found := await self._fetched(counter, book, ready, wanted, patience, leash)) is not None:
                return found
            if ready.data:
                break
            await leash.sleep(next(waits))
        call = await book.go_on(CallState.DONE, note="its picture could not be had")
        raise EngineFailure(f"{call.provider} made a picture that could not be had; it is not ordered twice. You were not charged", code="picture_lost")

    async def _fetched(self, counter: Counter, book: Book, ready: Ready, wanted: ImageFormat, patience: _Patience, leash: Leash) -> Delivered | None:
        """None where it may be tried again. Raises EngineFailure where it may not."""
        patience.fetches -= 1
        try:
            data = ready.data or await leash.hold(self._fetch(counter, ready.link))
            image = await kept_as(data, wanted)
        except BadPicture as error:
            log.warning("picture could not be had", provider=counter.provider.name, why=str(error)[:300])
            if patience.fetches <= 0 and not ready.data:
                call = await book.go_on(CallState.DONE, note=str(error)[:500])
                message = f"{call.provider} made a picture that could not be had ({error}); it is not ordered twice. You were not charged"
                raise EngineFailure(message, code="picture_lost") from error
            return None
        return self._delivered(book, ready, image)

    @staticmethod
    def _delivered(book: Book, ready: Ready, image: EncodedImage) -> Delivered:
        reached("call: fetched")
        told = {"seed": ready.seed, "prompt": ready.prompt} | ({} if ready.cost is None else {"cost": ready.cost})
        return Delivered(image, ready.prompt, ready.seed, book.ended(**told))

    async def _fetch(self, counter: Counter, link: str) -> bytes:
        """Without the key: a link is its own. Raises BadPicture."""
        own = counter.desk.owns(link)
        answer = await self._line.ask(ProviderRequest("GET", link, {}, None, FETCH_SECONDS, LARGEST_PICTURE, own))
        if answer.status != 200:
            raise BadPicture(answer.error or f"its link answered {answer.status}")
        return _body(answer)

    async def _cancel(self, counter: Counter, dialect: Dialect, book: Book, call: Call) -> None:
        """As far as it can be told; what the provider does with it is its business, and may cost all the same."""
        request = dialect.cancel(counter.desk, call)
        if request is not None:
            await self._line.ask(request)
        await book.go_on(CallState.UNKNOWN, note="canceled here")


def _interval(counter: Counter, *, tells: bool) -> float:
    """Seconds between polls: fewer are needed of one that tells when there is something to see, and whose word comes through."""
    return max(counter.provider.poll, news.SLOWLY) if tells and counter.hearing.good else counter.provider.poll


def _body(answer: ProviderAnswer) -> bytes:
    if not answer.body:
        raise BadPicture("its link gave nothing")
    return answer.body


def _tell(report: Callable[[int, int], None], word: Waiting) -> None:
    if word.progress is not None:
        report(int(min(word.progress, 1.0) * PERCENT), PERCENT)
