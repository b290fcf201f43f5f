"""An engine child seen from its supervisor: started, fed, watched, killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from mezzotint.core.calls import CallNote
from mezzotint.core.conditions import Condition
from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.hooks import News
from mezzotint.core.images import EncodedImage, ImageFormat
from mezzotint.core.previews import Wish, sound
from mezzotint.crash_points import reached
from mezzotint.ports import Interrupted, Keeping
from mezzotint.service.generate import Painted, PaintOrder
from mezzotint.work.frames import LENGTHS, Frame, lengths, pack, unpack

START = 180.0  # seconds that an engine may take to load its model without a word
LONGEST_START = 3600.0  # and with words: weights are fetched, and code is compiled
LAST_WORDS = 1.0  # seconds between the end of its output and its end
BROKEN = (ValueError, KeyError, IndexError, TypeError)  # what reading a stream raises that is not one of ours
CHUNK = 256 * 1024
LOOK_EVERY = 0.5

log = structlog.get_logger("worker")


@dataclass
class _Asked:
    """An order that the child has, until it answers."""

    task: str
    careful: bool
    future: asyncio.Future[Painted]
    report: Callable[[int, int], None]
    stepped: bool = False  # it told a step, so it is the one in the child's hands


@dataclass(frozen=True)
class _Watch:
    """What is wished to be seen of a task's pictures, and who is shown it."""

    wish: Wish
    show: Callable[[bytes], None]


@dataclass
class _Running:
    """One life of the child."""

    process: asyncio.subprocess.Process
    asked: dict[int, _Asked] = field(default_factory=dict)  # by ticket, in the order in which they will be painted
    heard: float = field(default_factory=time.monotonic)
    why: str = ""  # that it was ended, where we ended it
    code: str = "engine_died"
    reader: asyncio.Task[None] | None = None
    unsaid: list[bytes] = field(default_factory=list)

    def say(self, frame: bytes) -> None:
        """Frames of one turn of the loop go out together."""
        self.unsaid.append(frame)
        if len(self.unsaid) == 1:
            asyncio.get_running_loop().call_soon(self._out)

    def _out(self) -> None:
        frames, self.unsaid = self.unsaid, []
        if self.process.stdin is not None and not self.process.stdin.is_closing():  # else it is gone, which `_listen` tells
            self.process.stdin.write(b"".join(frames))


class EngineDied(EngineFailure):
    """The child is gone. `begun` says whether this picture was the one in its hands.

    Answers of quick pictures go out together, so of several that were asked for, the first may have been painted and another have
    been in its hands: then none is said to have begun, unless it told a step. Of careful orders it is certain.
    """

    def __init__(self, message: str, *, code: str, begun: bool) -> None:
        self.begun = begun
        super().__init__(message, code=code, retryable=True)


class EngineChild:
    """See `service.generate.Painter`. The child paints one picture at a time, and may be given the next ones ahead."""

    slots = 1

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], stall: float) -> None:
        """`stall` is for how many seconds the child may be silent while it paints before it is taken for stuck."""
        self._command, self._environment, self._stall = tuple(command), dict(environment), stall
        self._running: _Running | None = None
        self._starting = asyncio.Lock()
        self._tickets = itertools.count(1)  # of orders; a task may come again while its former order is still being stopped
        self._watched: dict[str, _Watch] = {}  # by task
        self._previews = False  # whether the child knows of them
        self.engine = ""
        self.at_hand: tuple[str, ...] = ()

    @property
    def pid(self) -> int | None:
        return None if self._running is None else self._running.process.pid

    async def start(self) -> str:
        """The engine's name once its model is loaded. Raises EngineFailure."""
        await self._up()
        return self.engine

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        running = self._running or await self._up()
        task = dict(order.notes)["task"]
        ticket, asked = next(self._tickets), _Asked(task, order.careful, asyncio.get_running_loop().create_future(), report)
        if not running.asked:
            running.heard = time.monotonic()
        running.asked[ticket] = asked
        running.say(pack("paint", _order(order, ticket), [data for _, data in order.pictures]))
        if task in self._watched:
            self._say_watched(running, ticket, self._watched[task].wish)
        reached("paint: ordered")
        return await asked.future

    def ended(self, task: str) -> tuple[CallNote, ...]:
        """It orders nothing from anybody."""
        del task
        return ()

    def stop(self, task: str) -> None:
        """Between two steps, or before the first, the child will notice."""
        running = self._running
        if running is None:
            return
        for ticket, asked in running.asked.items():
            if asked.task == task:
                running.say(pack("stop", {"ticket": ticket}))

    def drain(self) -> None:
        """A picture that is being painted is worth waiting for."""

    @staticmethod
    def conditions() -> tuple[Condition, ...]:
        """As `ended`."""
        return ()

    def hear(self, news: News) -> None:
        """As `ended`."""

    def watch(self, task: str, wish: Wish, show: Callable[[bytes], None]) -> None:
        """From now on `show` is given previews of the task's pictures, right after their step was reported. Until `unwatch`."""
        self._watched[task] = _Watch(wish, show)
        self._say_to_all(task, wish)

    def unwatch(self, task: str) -> None:
        if self._watched.pop(task, None) is not None:
            self._say_to_all(task, Wish())

    def _say_to_all(self, task: str, wish: Wish) -> None:
        """Of its orders that the child has already."""
        running = self._running
        if running is not None:
            for ticket, asked in running.asked.items():
                if asked.task == task:
                    self._say_watched(running, ticket, wish)

    def _say_watched(self, running: _Running, ticket: int, wish: Wish) -> None:
        if self._previews:  # another would take it for an order
            running.say(pack("watch", {"ticket": ticket, "live": wish.live, "spread": wish.spread}))

    async def close(self) -> None:
        """Ends the child, whatever it does."""
        running, self._running = self._running, None
        if running is None:
            return
        running.why = "the worker was shut down"
        if running.process.stdin is not None:
            running.process.stdin.close()
        try:
            await asyncio.wait_for(running.process.wait(), 1.0)
        except asyncio.TimeoutError:
            _kill(running.process)
            await running.process.wait()
        if running.reader is not None:
            await asyncio.wait([running.reader])

    async def _up(self) -> _Running:
        async with self._starting:
            if self._running is not None:
                return self._running
            process = await _started(self._command, self._environment)
            try:
                ready = (await _ready(process)).body
                self.engine, self._previews = str(ready["engine"]), ready.get("previews") is True
            except asyncio.IncompleteReadError as error:
                raise _not_started(_ended(await _end_of(process))) from error
            except (asyncio.TimeoutError, *BROKEN) as error:
                _kill(process)
                raise _not_started(_ended(await process.wait())) from error
            except asyncio.CancelledError:
                _kill(process)  # told to stop while it loaded
                await process.wait()
                raise
            log.info("engine ready", engine=self.engine, pid=process.pid)
            self._running = running = _Running(process)
            running.reader = asyncio.create_task(self._listen(running))
            return running

    async def _listen(self, running: _Running) -> None:
        """The child's words as they come, until it is gone; then whoever waits for it is told."""
        watch = asyncio.create_task(self._watch(running))
        try:
            await _each_frame(running.process, lambda frame: self._hear(running, frame))
        except BROKEN as error:
            running.why = f"the engine said what nobody can read, and was ended ({type(error).__name__}: {error})"
            _kill(running.process)
        finally:
            watch.cancel()
            if self._running is running:
                self._running = None
            code = await _end_of(running.process)
            self._tell(running, code)

    async def _watch(self, running: _Running) -> None:
        """Ends a child that has something to paint and says nothing."""
        while True:
            await asyncio.sleep(min(LOOK_EVERY, self._stall / 4))
            if running.asked and time.monotonic() - running.heard > self._stall:
                running.why, running.code = f"the engine made no step for {self._stall:g} seconds and was ended", "engine_stalled"
                _kill(running.process)
                return

    def _hear(self, running: _Running, frame: Frame) -> None:
        """Raises one of BROKEN for a frame that lacks something; then its order is still unanswered."""
        running.heard = time.monotonic()
        ticket = frame.body["ticket"]
        asked = running.asked.get(ticket)
        if asked is None:
            return
        if frame.kind == "step":
            asked.stepped = True
            asked.report(frame.body["step"], frame.body["steps"])
            watch = self._watched.get(asked.task) if frame.parts else None
            if watch is not None and sound(frame.parts[0]):
                watch.show(frame.parts[0])
            return
        answer = _answer(frame)
        self.at_hand = tuple(frame.body.get("at_hand", self.at_hand))
        del running.asked[ticket]
        if asked.future.done():
            return
        if isinstance(answer, Painted):
            asked.future.set_result(answer)
        else:
            asked.future.set_exception(answer)

    @staticmethod
    def _tell(running: _Running, code: int) -> None:
        message = running.why or _ended(code)
        log.warning("engine gone", why=message)
        alone = len(running.asked) == 1
        for number, asked in enumerate(running.asked.values()):
            if not asked.future.done():
                begun = number == 0 and (alone or asked.careful or asked.stepped)
                asked.future.set_exception(EngineDied(message, code=running.code, begun=begun))
        running.asked.clear()


async def _started(command: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Raises EngineFailure where the system does not let it start."""
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=environment)
    except OSError as error:
        raise _not_started(str(error)) from error


def _not_started(why: str) -> EngineFailure:
    return EngineFailure(f"the engine did not start: {why}; mezzotint doctor looks for the reason", code="engine_died", retryable=True)


async def _end_of(process: asyncio.subprocess.Process) -> int:
    """Its exit code. A process that has closed its output and goes on is ended: nobody would hear from it again."""
    try:
        return await asyncio.wait_for(process.wait(), LAST_WORDS)
    except asyncio.TimeoutError:
        _kill(process)
        return await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> Frame:
    """What the child says when it is ready; until then it may take as long as it says that it is loading."""
    frame = await asyncio.wait_for(_first(process), START)
    end = time.monotonic() + LONGEST_START
    while frame.kind == "loading" and time.monotonic() < end:
        frame = await asyncio.wait_for(_first(process), START)
    if frame.kind != "ready":
        raise ValueError(f"the engine said {frame.kind!r} before it was ready")
    return frame


async def _first(process: asyncio.subprocess.Process) -> Frame:
    """The next that the child says, before anything else is asked of it."""
    stream = process.stdout
    if stream is None:
        raise ValueError("the engine has no output")
    head, payload = lengths(await stream.readexactly(LENGTHS.size))
    return unpack(await stream.readexactly(head), await stream.readexactly(payload))


async def _each_frame(process: asyncio.subprocess.Process, hear: Callable[[Frame], None]) -> None:
    """Calls `hear` with every frame of the child's output until its end. Raises ValueError for a broken stream."""
    stream, buffer = process.stdout, bytearray()
    while stream is not None and (chunk := await stream.read(CHUNK)):
        buffer += chunk
        at = 0
        while len(buffer) - at >= LENGTHS.size:
            head, payload = lengths(bytes(buffer[at : at + LENGTHS.size]))
            end = at + LENGTHS.size + head + payload
            if len(buffer) < end:
                break
            middle = at + LENGTHS.size + head
            hear(unpack(bytes(buffer[at + LENGTHS.size : middle]), bytes(buffer[middle:end])))
            at = end
        del buffer[:at]


def preferred(lanes: Sequence[object]) -> list[str]:
    """Models that one of them has at hand."""
    return sorted({model for lane in lanes if isinstance(lane, Keeping) for model in lane.at_hand})


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


def _ended(code: int) -> str:
    if code < 0:
        return f"the engine was ended by {_signal_name(-code)}"
    return f"the engine ended with code {code}"


def _signal_name(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:  # real-time signals have numbers only
        return f"signal {number}"


def _order(order: PaintOrder, ticket: int) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "model": order.model,
        "prompt": order.prompt,
        "width": order.width,
        "height": order.height,
        "steps": order.steps,
        "guidance": order.guidance,
        "seed": order.seed,
        "strength": order.strength,
        "format": order.format.value,
        "pictures": [name for name, _ in order.pictures],
        "notes": order.notes,
        "extras": order.extras,
        "careful": order.careful,
    }


def _answer(frame: Frame) -> Painted | Exception:
    """What the child painted, or what it says went wrong."""
    body = frame.body
    match frame.kind:
        case "painted":
            return Painted(EncodedImage(frame.parts[0], ImageFormat(body["format"]), body["width"], body["height"]), body["prompt"], body["engine"])
        case "stopped":
            return Interrupted()
        case "bad picture":
            return BadPicture(body["message"])
        case "failed":
            return EngineFailure(body["message"], code=body["code"], retryable=body["retryable"])
        case kind:
            return EngineFailure(f"the engine said {kind!r}, which means nothing here", retryable=True)
