"""Send one webhook over HTTP: to a pinned IP address, without redirects, within a time limit."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Set
from dataclasses import dataclass

from avatar.publishing.webhooks.ssrf_guard import Endpoint, parse_endpoint, resolve_address

_CONNECT_TIMEOUT_S, _TOTAL_TIMEOUT_S = 5.0, 15.0  # seconds; the standard recommends 15 to 30 for the whole
_MAX_RETRY_AFTER_S = 24 * 3600  # seconds that a receiver may ask us to wait


@dataclass(frozen=True)
class WebhookResponse:
    """What a receiver said: the HTTP *status*, and how many seconds it wants to be left alone."""

    status: int
    wait: int = 0

    @property
    def taken(self) -> bool:
        """Whether the message arrived. A redirect is a no: the standard asks to correct the URL instead."""
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants to hear nothing any more."""
        return self.status == http.client.GONE


def post(url: str, headers: Mapping[str, str], body: bytes, allowed: Set[str]) -> WebhookResponse:
    """Send *body* (JSON) to *url* and return what was answered.

    Raises:
        InputError: nothing may be sent there (``webhook.private-address``).
        OSError, http.client.HTTPException: nobody answered, or not in time.
    """
    place = parse_endpoint(url)
    connection = _Pinned(place, resolve_address(place, allowed))
    # A timeout of the socket's starts anew with each byte; this one does not.
    end = threading.Timer(_TOTAL_TIMEOUT_S, connection.cut)
    end.daemon = True
    end.start()
    try:
        connection.request("POST", place.target, body, {**_COMMON_HEADERS, **headers})
        answer = connection.getresponse()
        # Headers that were cut off half-way read like few of them. What follows them is not read at all.
        if connection.over:
            raise TimeoutError
        return WebhookResponse(answer.status, _wait(answer.getheader("retry-after")))
    finally:
        end.cancel()
        connection.close()


_COMMON_HEADERS = {"content-type": "application/json", "user-agent": "avatar-pipeline", "connection": "close"}


class _Pinned(http.client.HTTPConnection):
    """A connection to one *address*, which must prove to be the host of *place* where that is https."""

    def __init__(self, place: Endpoint, address: str) -> None:
        super().__init__(place.host, place.port, timeout=_TOTAL_TIMEOUT_S)
        self._place = place
        self._address = address
        self.over = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), _CONNECT_TIMEOUT_S)
        self.sock.settimeout(_TOTAL_TIMEOUT_S)
        if self._place.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._place.host)

    def cut(self) -> None:
        """End whatever is waited for."""
        self.over = True
        if self.sock:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # over already


def _wait(said: str | None) -> int:
    return min(int(said), _MAX_RETRY_AFTER_S) if said and said.isascii() and said.isdecimal() and len(said) < 9 else 0
