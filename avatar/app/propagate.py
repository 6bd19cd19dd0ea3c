"""Propagate a consent change: update public statuses, then send webhooks."""

import logging
import threading

from avatar.app.context import AppContext

_log = logging.getLogger(__name__)

_TIMEOUT_S = 3.0  # seconds that a caller waits for it at most


def propagate_consent_change(context: AppContext) -> None:
    """Bring public statuses up to date and send what is due, as far as that goes in a few seconds.

    Nothing fails and nothing waits because of it: what was recorded stands already, and what is not told now is told
    by ``avatar webhooks deliver``, here or elsewhere.
    """
    work = threading.Thread(target=_attempt, args=(context,), daemon=True, name="reach")
    work.start()
    work.join(_TIMEOUT_S)


def _attempt(context: AppContext) -> None:
    try:
        context.statuses.refresh()
        context.dispatcher.carry(patience=_TIMEOUT_S)
    except Exception as error:
        # Whatever it is, the withdrawal before it must stand and be reported as done.
        _log.warning("not everyone was told: %s", getattr(error, "code", type(error).__name__))
