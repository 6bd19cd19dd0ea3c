"""SSRF guard: refuse webhook URLs that lead into a private network, unless the operator allowed the host."""

import ipaddress
import socket
from collections.abc import Set
from dataclasses import dataclass
from urllib.parse import urlsplit

from avatar.errors import InputError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MAX_URL_CHARS = 2000  # letters
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last four bytes


@dataclass(frozen=True)
class Endpoint:
    """What a URL says: *scheme*, *host*, *port*, and the *target* (path and query) that is asked for there."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def loopback(self) -> bool:
        """Whether the host is written as an address of this very machine, so that nobody can mean another."""
        address = _literal(self.host)
        return address is not None and address.is_loopback


def parse_endpoint(url: str) -> Endpoint:
    """Return where *url* leads.

    Raises:
        InputError: nothing is sent to such a URL.
    """
    try:
        split = urlsplit(url)
        host, port = (split.hostname or "").encode("idna").decode(), split.port
    except (ValueError, UnicodeError):
        raise _bad("it is not a URL") from None
    if len(url) > _MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        raise _bad("it has letters that no URL has, or far too many")
    if split.scheme not in ("https", "http") or not host:
        raise _bad("write https://HOST/PATH")
    if split.username is not None or split.password is not None or split.fragment:
        raise _bad("leave out user, password and fragment; messages are signed")
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    place = Endpoint(split.scheme, host, port or (443 if split.scheme == "https" else 80), target)
    if place.scheme == "http" and not place.loopback:
        raise _bad("only https; http is for addresses of this machine, like http://127.0.0.1:8000/")
    return place


def resolve_address(place: Endpoint, allowed: Set[str]) -> str:
    """Return the address to connect to for *place*, looked up now; whoever connects must not look it up again.

    Raises:
        InputError: it leads into a private network, and the host is not one of *allowed*.
        OSError: the name is not known.
    """
    found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    if not place.loopback and place.host not in allowed:
        # All of them, not the one that is taken: a name with both kinds of addresses means no good.
        inside = [address for address in addresses if not _public(ipaddress.ip_address(address))]
        if inside:
            raise InputError(
                f"webhook to {place.host}: it leads into a private network; if that is meant, name the host in "
                "AVATAR_WEBHOOK_HOSTS",
                code="webhook.private-address",
            )
    return addresses[0]


def _public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not _public(inner):
            return False
        if address.ipv4_mapped:
            return True
    return address.is_global and not address.is_multicast


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _bad(why: str) -> InputError:
    # The URL itself is not repeated: its query may hold a token.
    return InputError(f"webhook URL: {why}", code="webhook.bad-url")
