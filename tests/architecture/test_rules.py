"""Who calls what: import-linter sees imports, this sees calls, resolved by types. Others may have such names."""

from pathlib import Path

import pytest

import avatar
import flows
from tests.architecture.references import references
from tests.architecture.rules import RULES
from tests.architecture.samples import BROKEN, HARMLESS

pytestmark = pytest.mark.slow
FOLDERS = [Path(package.__file__).parent for package in (avatar, flows)]
SAMPLES = [(says, number) for says, sources in BROKEN.items() for number in range(len(sources))]


def sample_name(says: str, number: int) -> str:
    # Below avatar.consent, where all rules hold.
    return f"avatar.consent.sample_{list(BROKEN).index(says)}_{number}"


@pytest.fixture(scope="module")
def all_references():
    """Every reference in the source and in the samples: one build, some ten seconds."""
    broken = {sample_name(says, number): BROKEN[says][number] for says, number in SAMPLES}
    return references(FOLDERS, broken | {"avatar.consent.harmless": HARMLESS})


@pytest.fixture(scope="module")
def in_samples(all_references):
    samples = ("avatar.consent.sample_", "avatar.consent.harmless")
    return [each for each in all_references if each.module.startswith(samples)]


@pytest.fixture(scope="module")
def in_source(all_references, in_samples):
    samples = set(in_samples)
    return [each for each in all_references if each not in samples]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_the_source_keeps_the_rule(rule, in_source):
    breaches = rule.breaches(in_source)

    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.says)
def test_whoever_is_allowed_to_does_it(rule, in_source):
    """So no rule outlives a new name: what it is about is found, and its exceptions are needed."""
    assert {each.module for each in in_source if rule.concerns(each)} == rule.allowed


@pytest.mark.parametrize(("says", "number"), SAMPLES)
def test_a_sample_that_breaks_a_rule_is_caught(says, number, in_samples):
    rule = next(rule for rule in RULES if rule.says.startswith(says))
    mine = [each for each in in_samples if each.module == sample_name(says, number)]

    breaches = rule.breaches(mine)
    assert breaches
    assert f"{rule.says}: {rule.why}" in breaches[0]
    assert not [each for other in RULES if other is not rule for each in other.breaches(mine)]


def test_every_rule_has_a_sample():
    assert [rule.says for rule in RULES if not rule.says.startswith(tuple(BROKEN))] == []


def test_other_things_of_the_same_name_break_no_rule(in_samples):
    mine = [each for each in in_samples if each.module == "avatar.consent.harmless"]

    assert mine
    assert [each for rule in RULES for each in rule.breaches(mine)] == []
