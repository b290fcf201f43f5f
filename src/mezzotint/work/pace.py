"""How quickly pictures are painted: how many tasks to hold beyond those in hand, and when the one in hand will be done."""

from __future__ import annotations

from dataclasses import dataclass, field

AHEAD = 0.1  # seconds of work to hold beyond what is being painted, so that fast engines do not wait for the line
MOST_AHEAD = 96
SOON = 0.5  # seconds before a slow picture is done that the next is pulled: it is there, with its inputs, when the lane is free


@dataclass
class Pace:
    """How long pictures take, as a moving average."""

    seconds: float = field(default=1.0)

    def note(self, seconds: float) -> None:
        self.seconds += 0.1 * (seconds - self.seconds)

    @property
    def ahead(self) -> int:
        return min(MOST_AHEAD, int(AHEAD / max(self.seconds, 1e-4)))


@dataclass
class Course:
    """How a picture comes along. `soon`: it will be done in less than SOON."""

    first: tuple[float, int] | None = None  # when its first step was told, and which
    soon: bool = False

    def now_soon(self, now: float, step: int, steps: int) -> bool:
        """Notes a step; whether by it the picture has come to be done soon. Known from the second step that is told on, and told once."""
        if self.soon or step < 1:
            return False
        if self.first is None:
            self.first = (now, step)
            return False
        began, first = self.first
        self.soon = step > first and (now - began) / (step - first) * (steps - step) < SOON
        return self.soon
