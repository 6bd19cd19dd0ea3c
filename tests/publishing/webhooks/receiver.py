"""A real HTTP server on this machine that takes messages, or does not."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from avatar.publishing.webhooks.signature import headers_of


@dataclass
class Received:
    """One message as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def signed_with(self, secret: str) -> bool:
        id, seconds = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        return headers_of(secret, id, seconds, self.body)["webhook-signature"] == self.headers["webhook-signature"]


@dataclass
class Receiver:
    """What came in, and what is answered: *status* may change between two messages."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None
    got: list[Received] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [message.headers["webhook-id"] for message in self.got]

    @property
    def kinds(self) -> list[str]:
        return [message.json["type"] for message in self.got]


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(Received({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.before()
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.url = f"http{'s' * bool(context)}://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
