"""An engine child seen from its supervisor: started, fed, watched, killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Mapping, Sequence

import structlog

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import EncodedImage, ImageFormat
from mezzotint.ports import Interrupted
from mezzotint.service.generate import Painted, PaintOrder
from mezzotint.work.frames import LENGTHS, Frame, lengths, pack, unpack

START = 180.0  # seconds that an engine may take to load its model

log = structlog.get_logger("worker")


class EngineChild:
    """See `service.generate.Painter`. One picture at a time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], stall: float) -> None:
        """`stall` is for how many seconds the child may be silent while it paints before it is taken for stuck."""
        self._command, self._environment, self._stall = tuple(command), dict(environment), stall
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._task: str | None = None
        self.engine = ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> str:
        """The engine's name once its model is loaded. Raises EngineFailure."""
        async with self._turn:
            await self._running()
        return self.engine

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        async with self._turn:
            await self._running()
            task = dict(order.notes)["task"]
            self._task = task
            try:
                return await self._painted(order, task, report)
            finally:
                self._task = None

    def stop(self, task: str) -> None:
        """Between two steps the child will notice, if that is what it paints."""
        if self._task == task and self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(pack("stop", {"task": task}))

    async def close(self) -> None:
        """Ends the child, whatever it does."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 1.0)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, env=self._environment)
        ready = await self._next(START)
        if ready.kind != "ready":
            raise EngineFailure(f"the engine said {ready.kind!r} before it was ready")
        self.engine = ready.body["engine"]
        log.info("engine ready", engine=self.engine, pid=self._process.pid)
        return self._process

    async def _painted(self, order: PaintOrder, task: str, report: Callable[[int, int], None]) -> Painted:
        self._send(_order(order, task), [data for _, data in order.pictures])
        while True:
            frame = await self._next(self._stall)
            match frame.kind:
                case "step":
                    report(frame.body["step"], frame.body["steps"])
                case "painted":
                    return _painted(frame)
                case "stopped":
                    raise Interrupted
                case "bad picture":
                    raise BadPicture(frame.body["message"])
                case "failed":
                    raise EngineFailure(frame.body["message"], code=frame.body["code"], retryable=frame.body["retryable"])
                case _:
                    raise EngineFailure(f"the engine said {frame.kind!r}, which means nothing here", retryable=True)

    def _send(self, body: dict[str, object], parts: Sequence[bytes]) -> None:
        if self._process is None or self._process.stdin is None:
            raise EngineFailure("the engine is not running", retryable=True)
        self._process.stdin.write(pack("paint", body, parts))

    async def _next(self, seconds: float) -> Frame:
        """The child's next word. A child that is gone or stuck is put away, and what it painted is for another attempt."""
        try:
            return await asyncio.wait_for(self._read(), seconds)
        except asyncio.IncompleteReadError:
            raise EngineFailure(await self._gone(), code="engine_died", retryable=True) from None
        except asyncio.TimeoutError:
            await self._kill()
            raise EngineFailure(f"the engine made no step for {seconds:g} seconds and was ended", code="engine_stalled", retryable=True) from None
        except ValueError as error:
            await self._kill()
            raise EngineFailure(str(error), code="engine_died", retryable=True) from error

    async def _read(self) -> Frame:
        stream = None if self._process is None else self._process.stdout
        if stream is None:
            raise asyncio.IncompleteReadError(b"", None)
        head, payload = lengths(await stream.readexactly(LENGTHS.size))
        return unpack(await stream.readexactly(head), await stream.readexactly(payload))

    async def _gone(self) -> str:
        process, self._process = self._process, None
        code = None if process is None else await process.wait()
        log.warning("engine died", code=code)
        if code is not None and code < 0:
            return f"the engine was ended by signal {signal.Signals(-code).name}"
        return f"the engine ended with code {code}"

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _order(order: PaintOrder, task: str) -> dict[str, object]:
    return {
        "task": task,
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
    }


def _painted(frame: Frame) -> Painted:
    body = frame.body
    image = EncodedImage(frame.parts[0], ImageFormat(body["format"]), body["width"], body["height"])
    return Painted(image, body["prompt"], body["engine"])
