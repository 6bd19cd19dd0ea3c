"""How a run ends when the library says no."""

import pytest
from prefect.cache_policies import NO_CACHE
from prefect.states import Failed

from avatar.errors import AvatarError, ConsentError, EngineError, InputError, LedgerError, StoreError
from flows.perform import _worth_another_try, perform
from flows.states import final_state, is_transient, unquoted

SCRIPT = "Pelicans assemble at dawn. Nobody was invited."


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ConsentError("p-1 has not agreed", code="consent.missing"), "Refused"),
        (InputError("the script is empty", code="script.empty"), "Refused"),
        (EngineError("the encoder stopped", code="engine.failed"), "Failed"),
        (StoreError("the store is away", code="store.unreachable"), "Failed"),
        (LedgerError("the ledger is broken", code="ledger.broken"), "Failed"),
    ],
)
def test_a_final_state_is_named_and_tells_sentence_and_code(error: AvatarError, name: str) -> None:
    state = final_state(error, SCRIPT)

    assert state.is_failed()
    assert state.name == name
    assert state.message == f"{error} [{error.code}]"


def test_a_sentence_quotes_nothing_of_the_script() -> None:
    told = unquoted("line 1 ('Pelicans assemble at dawn') cannot be spoken", SCRIPT)

    assert told == "line 1 ('…') cannot be spoken"


def test_a_sentence_without_a_quote_stays_as_it_is() -> None:
    assert unquoted("nobody plays 'presenter'; add presenter=PERSON", SCRIPT) == (
        "nobody plays 'presenter'; add presenter=PERSON"
    )


def test_only_weather_is_tried_again() -> None:
    again = {
        code: _worth_another_try(perform, None, Failed(data=kind("a sentence", code=code)))
        for kind, code in (
            (StoreError, "store.busy"),
            (StoreError, "store.unreachable"),
            (StoreError, "store.altered"),
            (ConsentError, "consent.missing"),
            (InputError, "script.empty"),
        )
    }

    assert [code for code, yes in again.items() if yes] == ["store.busy", "store.unreachable"]
    assert not is_transient(OSError())


def test_prefect_keeps_no_result_of_a_request() -> None:
    assert perform.cache_policy == NO_CACHE
    assert perform.persist_result is False
    assert perform.retry_condition_fn is _worth_another_try
