"""Tens of thousands of ways to change a ledger, and none that goes unseen."""

import random

import pytest

from benchmarks import ledger_mutations as mutations

KINDS = {"bit", "byte", "cut short", "drop", "insert", "reorder", "truncate"}


@pytest.mark.slow
def test_no_mutation_of_a_ledger_or_of_its_proofs_goes_unseen():
    whole, rng, tally = mutations.subject(300), random.Random(7), mutations.Tally()

    assert whole.sound(whole.entries)
    mutations.mutate_entries(whole, 40_000, rng, tally)
    mutations.mutate_proofs(whole, 10_000, rng, tally)
    mutations.rewrite(whole, 20, rng, tally)

    assert tally.undetected == []
    assert tally.made.total() == 50_020
    assert set(tally.made) > KINDS


def test_judging_from_the_mutation_on_is_judging_the_whole_ledger():
    """The short cut that makes a million mutations affordable says what a whole examination says."""
    whole, rng = mutations.subject(40), random.Random(3)

    assert whole.sound(whole.entries)
    for _ in range(150):
        _, stored = mutations.mutation(whole.entries, rng.randrange(40), rng)
        assert not whole.sound(stored)
