"""Final states of flow runs: ``Refused`` or ``Failed``, with a sentence and no traceback."""

import logging
from difflib import SequenceMatcher
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Failed

from avatar.errors import AvatarError, EngineError, LedgerError, StoreError

_log = logging.getLogger(__name__)

_TRANSIENT_CODES = ("store.busy", "store.unreachable")
_MAX_QUOTE_CHARS = 12  # letters of a script that a sentence may happen to share with it


def _not_told_yet(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, AvatarError) or is_transient(error)


# Where a deployment runs, Prefect raises a run's failed state once more and logs that with its traceback, twice; the
# state and its sentence are in the log by then.
for _name in ("prefect.flow_runs", "prefect.engine"):
    logging.getLogger(_name).addFilter(_not_told_yet)


def is_transient(error: object) -> bool:
    """Tell whether trying *error*'s work again may help. A refusal stays a refusal."""
    return isinstance(error, StoreError) and error.code in _TRANSIENT_CODES


def final_state(error: AvatarError, script: str) -> State[Any]:
    """Return the final state that tells *error*: ``Refused``, or ``Failed`` where nobody refused anything.

    The sentence quotes nothing of *script*: Prefect logs it, and logs travel.
    """
    failed = isinstance(error, EngineError | StoreError | LedgerError)
    if failed:
        # To the worker's own stderr, not to Prefect: a cause deep in a library may quote what it was given.
        _log.warning("%s: %s", type(error).__name__, error.code, exc_info=error)
    sentence = unquoted(str(error), script)
    return Failed(name="Failed" if failed else "Refused", message=f"{sentence} [{error.code}]", data=error)


def unquoted(sentence: str, script: str) -> str:
    """Return *sentence* with whatever it quotes of *script* left out."""
    while True:
        shared = SequenceMatcher(None, sentence, script, autojunk=False).find_longest_match()
        if shared.size <= _MAX_QUOTE_CHARS:
            return sentence
        sentence = sentence[: shared.a] + "…" + sentence[shared.a + shared.size :]
