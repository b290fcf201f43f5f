"""A receiver of webhooks on this machine, for trying them out: it checks their signatures and says what it heard."""

from __future__ import annotations

import http.server
import socketserver
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.client.webhooks import BFL_SIGNATURE, BadWebhook, verify, verify_bfl
from mezzotint.core.errors import BadSetting

HOST = "127.0.0.1"
LARGEST = 4 * 1024 * 1024  # bytes of a body; webhooks carry addresses of pictures, not pictures
PATIENCE = 10.0  # seconds that a sender may be silent


@dataclass(frozen=True)
class Heard:
    """One webhook. `why` says what is wrong with it, and is empty where its signatures hold; else nothing of `body` may be believed, and
    it is left out. `signatures` are those that were checked."""

    id: str
    at: float
    signatures: tuple[str, ...]
    why: str
    body: dict[str, Any] | None

    @property
    def sentence(self) -> str:
        name = self.id or "(no id)"
        if self.why or self.body is None:
            return f"{name}  REFUSED: {self.why}"
        return f"{name}  {self.body.get('status', '')}  {self.body.get('id', '')}  verified: {', '.join(self.signatures)}"


Tell = Callable[[Heard], None]


def judge(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> Heard:
    """Standard Webhooks' signature must hold, and Black Forest Labs' too where it came. `now` in Unix seconds."""
    given = {name.lower(): value for name, value in headers.items()}
    name = given.get("webhook-id", "")
    signatures = ("Standard Webhooks", "X-BFL-Signature") if BFL_SIGNATURE in given else ("Standard Webhooks",)
    try:
        content = verify(body, given, secret, now)
        if BFL_SIGNATURE in given:
            verify_bfl(body, given, secret)
    except BadWebhook as error:
        return Heard(name, now, signatures, str(error), None)
    return Heard(name, now, signatures, "", content)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, secret: str, tell: Tell) -> None:
        self.secret, self.tell = secret, tell
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that goes away in the middle is its own business."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """204 for a webhook that is what it says it is, 401 for any other."""

    server: _Server
    timeout = PATIENCE

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return self._answer(411)
        if int(length[:20]) > LARGEST:
            return self._answer(413)
        heard = judge(self.rfile.read(int(length)), dict(self.headers.items()), self.server.secret, time.time())
        self.server.tell(heard)
        return self._answer(401 if heard.why else 204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Told elsewhere, and better."""


def listen(port: int, secret: str, tell: Tell, ready: Callable[[str], None]) -> None:
    """Until Ctrl-C. `ready` is told the address. Raises BadSetting for a port that is taken."""
    try:
        server = _Server(port, secret, tell)
    except OSError as error:
        raise BadSetting(f"cannot listen on {HOST} port {port} ({error.strerror or error}): give another with --port, or 0 for a free one") from error
    with server:
        ready(f"http://{HOST}:{server.server_address[1]}/")
        server.serve_forever()
