"""What an errand notes of its calls, one after the other, and what it may do by that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from mezzotint.core.calls import Call, CallNote, CallState, Caps, Noted
from mezzotint.core.errands import Errand
from mezzotint.core.errors import Moderated

Note = Callable[[CallNote], Awaitable[Noted]]
"""On disk when it returns. Goes on trying while the server cannot be reached."""


class Book:
    """Of one errand."""

    def __init__(self, errand: Errand, note: Note) -> None:
        self._errand, self._note = errand, note
        self.calls: list[Call] = [call for call in errand.calls if call.index == errand.index]

    @property
    def last(self) -> Call | None:
        return self.calls[-1] if self.calls else None

    def failed_at(self, provider: str) -> bool:
        """Whether it said no to this errand before."""
        return any(call.provider == provider and call.state is CallState.FAILED and call.note.startswith(REFUSED) for call in self.calls)

    async def begin(self, provider: str, name: str, cost: float, dropped: Sequence[str], caps: Caps) -> Noted:
        """A call may be made only where this gives KEPT; then it is the last one."""
        errand = self._errand
        number = len(self.calls) + 1
        call = Call(errand.task, errand.index, number, provider, errand.model, name, CallState.SUBMITTING, errand.attempt, cost=cost, dropped=tuple(dropped))
        noted = await self._note(CallNote(call, caps))
        if noted is Noted.KEPT:
            self.calls.append(call)
        return noted

    async def go_on(self, state: CallState, **changes: Any) -> Call:
        """The last call goes on. What it costs is recorded even where the task is no longer ours."""
        call = replace(self.calls[-1], state=state, **changes)
        await self._note(CallNote(call))
        self.calls[-1] = call
        return call

    def ended(self, **changes: Any) -> CallNote:
        """The last call is done; for whoever tells what became of the task to say with that, since it can wait so long."""
        self.calls[-1] = replace(self.calls[-1], state=CallState.DONE, **changes)
        return CallNote(self.calls[-1])

    async def fail(self, why: str, *, refused: bool = False) -> None:
        """It made nothing and costs nothing. `refused`: it would not, if it were asked again."""
        await self.go_on(CallState.FAILED, cost=0.0, note=f"{REFUSED if refused else ''}{why}"[:500])

    async def moderated(self, reasons: Sequence[str], *, picture: bool) -> Moderated:
        """As `fail`; for whoever goes on with it, should this be the last that we do."""
        what, why = "picture" if picture else "request", REFUSED + (", ".join(reasons) or "moderated")
        await self.go_on(CallState.FAILED, cost=0.0, note=why[:500], moderated=what, reasons=tuple(reasons))
        return Moderated(reasons, picture=picture)


REFUSED = "refused: "
