"""The ways to present a key, and the one account that they name."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request

from mezzotint.core.accounts import DEFAULT_ACCOUNT, LONGEST_KEY, SCOPES, ApiKey, digest, handle
from mezzotint.core.errors import InvalidRequest, NotAllowed, NotAuthenticated
from mezzotint.core.parameters import Problem
from mezzotint.core.signing import same
from mezzotint.core.tasks import Task
from mezzotint.http.rates import POLLS, Gate
from mezzotint.ports import Clock, Keys
from mezzotint.service.recent import Recent

SCHEMES = ("bearer ", "token ", "key ")
MAKERS = 1000  # keys that are remembered by their ids
SK = "sk-"  # clients of CometAPI's family send a key with or without it


def presented(request: Request) -> str | None:
    """The key in the request: `Authorization` with or without a scheme, or `x-key`. Raises InvalidRequest for two that differ."""
    found = {key for name, value in request.scope["headers"] if name in (b"authorization", b"x-key") and (key := _bare(value.decode("latin-1")))}
    if len(found) > 1:
        raise InvalidRequest([Problem(("authorization",), "Two different keys came in one request: send one", "two_keys", "header")])
    return found.pop() if found else None


def _bare(value: str) -> str:
    value = value.strip()
    for scheme in SCHEMES:
        if value.lower().startswith(scheme):
            return value[len(scheme) :].strip()
    return "" if value.lower() in ("bearer", "token", "key") else value


class Authenticator:
    """Finds the key that was presented: in the ledger, or among those that are valid by the operator's setting."""

    def __init__(self, keys: Keys, clock: Clock, fixed: Iterable[str] = (), gate: Gate | None = None) -> None:
        """`gate` counts how often each key asks."""
        self._keys, self._clock, self._gate = keys, clock, gate
        self._fixed = {digest(key): ApiKey(handle(digest(key)), DEFAULT_ACCOUNT, "from MEZZOTINT_API_KEYS", 0.0) for key in fixed}
        self._makers = Recent[str, ApiKey](MAKERS)

    async def optional(self, request: Request, scope: str | None = None, what: str = POLLS) -> ApiKey | None:
        """The key, None where none was presented. Raises NotAuthenticated for one that is not valid, NotAllowed for one that may not,
        TooManyRequests for one that asks too often for `what`."""
        found = await self._presented(request)
        if found is None:
            return None
        if scope is not None and not found.may(scope):
            raise NotAllowed(f"this key may only {', '.join(SCOPES[each] for each in found.scopes if each in SCOPES)}")
        if self._gate is not None:
            self._gate.count(request.scope, what, found)
        return found

    async def count_for(self, request: Request, task: Task) -> None:
        """A poll with the task's capability alone counts with the key that made the task. Raises TooManyRequests."""
        if self._gate is None or self._gate.lifted:
            return
        maker = self._makers.get(task.key)
        if maker is None:  # what a key may is never changed, so that it is looked up once
            ours = [*self._fixed.values(), *await self._keys.keys_of(task.account)]
            maker = next((key for key in ours if key.id == task.key), ApiKey(task.key, task.account, "", 0.0))
            self._makers.put(task.key, maker)
        self._gate.count(request.scope, POLLS, maker)

    async def _presented(self, request: Request) -> ApiKey | None:
        key = presented(request)
        if key is None:
            return None
        for spelling in (key, key.removeprefix(SK) if key.startswith(SK) else SK + key):
            if len(spelling) <= LONGEST_KEY and (found := await self._find(digest(spelling))) is not None:
                return found
        self.count_stranger(request)
        raise NotAuthenticated("Invalid token", presented=True)

    def count_stranger(self, request: Request) -> None:
        """Nobody learns a key by trying, nor keeps the server busy with it. Raises TooManyRequests."""
        if self._gate is not None:
            self._gate.count_stranger(request.scope, request.client.host if request.client else "")

    async def required(self, request: Request, scope: str, what: str = POLLS) -> ApiKey:
        """Raises NotAuthenticated without a key, NotAllowed where it may not do that, TooManyRequests where it asks too often."""
        found = await self.optional(request, scope, what)
        if found is None:
            self.count_stranger(request)
            raise NotAuthenticated("Invalid token: send your key as Authorization: Bearer <key>, or as x-key")
        return found

    async def _find(self, key_digest: str) -> ApiKey | None:
        found = self._fixed.get(key_digest) or await self._keys.find_key(key_digest)
        return found if found is not None and found.valid(self._clock.now()) else None


def token_matches(given: str | None, expected: str) -> bool:
    """In constant time; an empty expectation matches nothing."""
    return bool(expected) and given is not None and same(expected, given)
