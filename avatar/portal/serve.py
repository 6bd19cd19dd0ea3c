"""Serve the portal of an application context."""

import logging

from avatar.app.context import AppContext
from avatar.app.propagate import propagate_consent_change
from avatar.portal.app import build_app
from avatar.portal.middleware import SiteAddress
from avatar.portal.sessions import Sessions
from avatar.portal.site import PortalState


def build_portal_state(context: AppContext, address: SiteAddress) -> PortalState:
    """Return the pages of *context*, reached at *address*."""
    return PortalState(
        people=context.people,
        capture=context.capture,
        links=Sessions(context.objects, context.vault),
        address=address,
        status=context.statuses.of,
        prove=context.prove,
        spread=lambda: propagate_consent_change(context),
    )


def serve(context: AppContext, address: SiteAddress, host: str, port: int) -> None:
    """Answer at *host* and *port* until interrupted."""
    import uvicorn

    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    uvicorn.run(
        build_app(build_portal_state(context, address)),
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
