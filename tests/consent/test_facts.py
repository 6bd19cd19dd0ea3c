"""Every kind of ledger fact is handled wherever facts are: a new one fails here, with what to add."""

import ast
import inspect
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avatar.canonical import canonical
from avatar.consent import fold, validation
from avatar.consent.entries import FACTS, Entry, InternalFact, WebhookFact, read_entry
from avatar.publishing.webhooks.event import EVENTS
from tests.consent.fact_examples import facts
from tests.examples import examples

KINDS = pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)


def cases(function) -> set[str]:
    """Return the classes that the ``match`` of *function* has a case for, whatever else is asked of them."""
    tree = ast.parse(inspect.getsource(function))
    found = set()
    for case in (each for each in ast.walk(tree) if isinstance(each, ast.match_case) and each.guard is None):
        found |= {ast.unparse(node.cls) for node in ast.walk(case.pattern) if isinstance(node, ast.MatchClass)}
    return found


@KINDS
def test_it_is_decided_whether_a_fact_may_be_recorded(kind):
    assert kind.__name__ in cases(validation.validate_entry), (
        f"nothing decides whether a fact {kind.__name__} may be recorded: add `case {kind.__name__}():` to "
        "validate_entry in avatar/consent/validation.py, with what must hold for it (or None: nothing)"
    )


@KINDS
def test_a_fact_has_a_step_in_the_fold(kind):
    assert kind.__name__ in cases(fold._step), (
        f"a recorded fact {kind.__name__} changes nothing: add `case {kind.__name__}():` to _step in "
        "avatar/consent/fold.py, with what it changes in the State (or `pass`: nothing)"
    )


@KINDS
def test_it_is_decided_whether_webhooks_send_a_fact(kind):
    assert issubclass(kind, WebhookFact) != issubclass(kind, InternalFact), (
        f"nobody decided whether webhooks send a fact {kind.__name__}: derive it from WebhookFact (and say its "
        "webhook_data) or from InternalFact, in avatar/consent/entries.py"
    )
    assert (kind.model_fields["kind"].default in EVENTS) == issubclass(kind, WebhookFact)


def test_no_two_facts_have_one_kind():
    assert len({kind.model_fields["kind"].default for kind in FACTS}) == len(FACTS)


@KINDS
@given(data=st.data())
@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
def test_a_fact_of_each_kind_is_read_as_it_was_written(kind, data):
    fact = data.draw(facts(kind))
    at = datetime(2026, 5, 3, tzinfo=UTC)
    entry = Entry(index=7, previous="a" * 64, at=at, by="o-" + "1" * 16, fact=fact, signature="0" * 128)

    again = read_entry(canonical(entry.model_dump(mode="json")))

    assert again == entry
    assert type(again.fact) is kind


@given(data=st.data())
@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@pytest.mark.parametrize("kind", [each for each in FACTS if issubclass(each, WebhookFact)], ids=lambda k: k.__name__)
def test_what_a_webhook_sends_of_a_fact_can_be_written_as_json(kind, data):
    assert canonical(data.draw(facts(kind)).webhook_data.data)
