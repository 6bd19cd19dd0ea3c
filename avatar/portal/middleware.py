"""Security middleware: host and origin checks, security headers, errors without details."""

import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from avatar.errors import InputError

_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Nothing is loaded from elsewhere, nothing runs that is not a file of ours, nobody may frame these pages, and a
# personal link travels to nobody else as a referrer. (With "no-referrer", browsers would send us "Origin: null".)
_SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(), display-capture=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class SiteAddress:
    """Where the pages are reached: the *origin* that browsers see, and so the one host name that is answered."""

    origin: str

    @property
    def hosts(self) -> frozenset[str]:
        """The values of the Host header that mean us; a name that someone points at this machine is not among them."""
        place = urlsplit(self.origin)
        if place.hostname in _LOOPBACK_HOSTS and place.port:
            return frozenset(f"{name}:{place.port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        return frozenset({place.netloc})

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    def ours(self, origin: str) -> bool:
        """Return whether the value of an Origin header is one of our pages."""
        place = urlsplit(origin)
        return place.netloc in self.hosts and place.scheme == urlsplit(self.origin).scheme


_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_HTTPS_ORIGIN = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")


def parse_site_address(host: str, port: int, behind: str) -> SiteAddress:
    """Return where pages served on *host* are reached: there, or at the https address *behind* of a TLS proxy.

    Raises:
        InputError: the pages would be reached over a network without TLS.
    """
    if behind:
        if not _HTTPS_ORIGIN.fullmatch(behind):
            raise InputError(
                f"--behind {behind!r}: give the https address that people open, like https://consent.example.org",
                code="page.bad-address",
            )
        return SiteAddress(behind.rstrip("/"))
    if host not in _LOOPBACK_HOSTS:
        raise InputError(
            f"--host {host}: others on the network could read faces and keys as they pass. Put a proxy that speaks TLS "
            "in front, and name the address it serves: --behind https://consent.example.org",
            code="page.no-tls",
        )
    return SiteAddress(f"http://{f'[{host}]' if ':' in host else host}:{port}")


class SecurityMiddleware:
    """Answers only who asks for our host, refuses what other sites send here, and adds the headers to every answer."""

    def __init__(self, app: Application, address: SiteAddress, refuse: Callable[..., Application]) -> None:
        self._app, self._address, self._refuse = app, address, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began = False

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = [*message["headers"], *self._headers(message["headers"])]
            await send(message)

        request = Request(scope)
        try:
            app = self._stopped(request) or self._app
            await app(scope, receive, answer)
        except Exception as error:  # whatever it is: nothing of it may reach the page, nor the log, but its kind
            _log.error("%s in %s", getattr(error, "code", type(error).__name__), _where(error))
            if not began:
                await self._refuse(request, error)(scope, receive, answer)

    def _stopped(self, request: Request) -> Application | None:
        if request.headers.get("host", "") not in self._address.hosts:
            return self._refuse(
                request,
                InputError(
                    f"this is not the address of these pages; open {self._address.origin}", code="page.other-host"
                ),
            )
        origin, fetch = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        foreign = (origin and not self._address.ours(origin)) or fetch in ("cross-site", "same-site")
        if request.method not in ("GET", "HEAD") and foreign:
            return self._refuse(
                request,
                InputError(
                    "this was sent from another site; open the page itself and try again", code="page.cross-site"
                ),
            )
        return None

    def _headers(self, given: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        ours = dict(_SECURITY_HEADERS)
        if self._address.secure:
            ours["strict-transport-security"] = "max-age=31536000"
        names = {name.lower() for name, _ in given}
        return [(name.encode(), value.encode()) for name, value in ours.items() if name.encode() not in names]


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else "nowhere"
