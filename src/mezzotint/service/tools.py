"""What the use cases work with, put together once by the wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from mezzotint.core.accounts import Rate
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.tasks import Task
from mezzotint.ports import BlobStore, Clock, Ledger, Limits
from mezzotint.routing import Routing
from mezzotint.service.hub import Hub
from mezzotint.service.news import NewsBoard
from mezzotint.service.previews import PreviewBoard
from mezzotint.service.progress import ProgressBoard
from mezzotint.service.recent import Recent

FINAL_KEPT = 10_000  # finished tasks that are answered from memory


@dataclass(frozen=True)
class Policy:
    """What the operator decided. Seconds; `limits` None lifts them all, also those that keys have of their own."""

    engine: str = "nano"
    limits: Limits | None = field(default_factory=Limits)
    link_lifetime: float = 600.0
    poll_by_anyone: bool = False
    echo_secret: bool = False
    create_rate: Rate | None = None  # of keys that have none of their own
    poll_rate: Rate | None = None
    stranger_rate: Rate | None = None  # of each address, for requests that are refused for want of a key
    keep_files: float = 86_400.0
    files_room: int | None = 1024**3  # bytes that an account's uploaded files may take
    public_url: str = ""  # where the world reaches us, if the operator says
    routing: Routing | None = None  # which engine paints which model, where that is not the same for all

    def engine_for(self, card: ModelCard) -> str:
        return self.engine if self.routing is None else self.routing.of(card).engine


@dataclass(frozen=True)
class Tools:
    """`entropy` gives that many random bytes; `judge_address` says what is wrong with a URL that somebody chose, or None."""

    ledger: Ledger
    blobs: BlobStore
    clock: Clock
    entropy: Callable[[int], bytes]
    judge_address: Callable[[str, bool], str | None]
    hub: Hub
    progress: ProgressBoard
    secret: bytes
    policy: Policy
    previews: PreviewBoard = field(default_factory=PreviewBoard)
    news: NewsBoard = field(default_factory=NewsBoard)
    final: Recent[UUID, Task] = field(default_factory=lambda: Recent(FINAL_KEPT))
