"""Carrying a change of consent to everyone it concerns: public statuses first, then webhooks."""

import logging
import threading

from avatar.compose import House

_log = logging.getLogger(__name__)

_PATIENCE = 3.0  # seconds that a caller waits for it at most


def spread(house: House) -> None:
    """Bring public statuses up to date and send what is due, as far as that goes in a few seconds.

    Nothing fails and nothing waits because of it: what was recorded stands already, and what is not told now is told
    by ``avatar webhooks deliver``, here or elsewhere.
    """
    work = threading.Thread(target=_attempt, args=(house,), daemon=True, name="reach")
    work.start()
    work.join(_PATIENCE)


def _attempt(house: House) -> None:
    try:
        house.statuses.refresh()
        house.courier.carry(patience=_PATIENCE)
    except Exception as error:
        # Whatever it is, the withdrawal before it must stand and be reported as done.
        _log.warning("not everyone was told: %s", getattr(error, "code", type(error).__name__))
