"""Serving the pages of a house until someone stops it."""

import logging

from avatar.api.app import build
from avatar.api.guard import Address
from avatar.api.links import Links
from avatar.api.site import Site
from avatar.compose import House
from avatar.reach import spread


def site_for(house: House, address: Address) -> Site:
    """Return the pages of *house*, reached at *address*."""
    return Site(
        people=house.people,
        capture=house.capture,
        links=Links(house.objects, house.vault),
        address=address,
        status=house.statuses.of,
        prove=house.prove,
        spread=lambda: spread(house),
    )


def serve(house: House, address: Address, host: str, port: int) -> None:
    """Answer at *host* and *port* until interrupted."""
    import uvicorn

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    uvicorn.run(
        build(site_for(house, address)),
        host=host,
        port=port,
        # An access log would hold the tokens of personal links, and who came when.
        access_log=False,
        server_header=False,
        # Only a proxy on this machine may say who is behind it.
        proxy_headers=address.secure,
        forwarded_allow_ips="127.0.0.1",
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 << 10,
    )
