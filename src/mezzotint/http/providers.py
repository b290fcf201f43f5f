"""Where providers say that an order has come further."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core import hooks
from mezzotint.core.errors import NotFound
from mezzotint.http.auth import Authenticator
from mezzotint.http.endpoint import route
from mezzotint.http.requests import BODY_GRACE, read_body
from mezzotint.service.read import task_of
from mezzotint.service.tools import Tools

LARGEST = 32 * 1024 * 1024  # bytes: some say it with the picture in it


class Providers:
    def __init__(self, tools: Tools, authenticator: Authenticator, body_grace: float = BODY_GRACE) -> None:
        self._tools, self._authenticator, self._grace = tools, authenticator, body_grace

    def routes(self) -> list[Route]:
        return [route("POST", f"{hooks.PATH}/{{task}}/{{order}}/{{token}}", self.hear)]

    async def hear(self, request: Request) -> Response:
        """An address that we made is answered 204 whatever has become of its order, and any other as if nothing were there.

        The body is not looked at: whoever follows the order asks the provider.
        """
        named = request.path_params
        news = hooks.heard(self._tools.secret, named["task"], named["order"], named["token"])
        if news is None:
            self._authenticator.count_stranger(request)
            raise NotFound(f"there is nothing at {request.scope['path'][:200]}")
        await read_body(request, LARGEST, self._grace)
        task = await task_of(news.task, self._tools)
        if task is not None and not task.status.final:
            self._tools.news.note(news)
            self._tools.hub.queued()  # its worker hears of it with what it pulls
        return Response(status_code=204)
