"""Taking a countermeasure out makes its cases fail: the mutants fit the source, and some of them are run."""

import pytest

from tests.redteam.cases import COUNTERMEASURES
from tools.mutants import HANGS, MUTANTS, Mutant
from tools.mutate_countermeasures import ROOT, MutationError, mutated, run


@pytest.mark.parametrize("mutant", [*MUTANTS, *HANGS], ids=lambda mutant: f"{mutant.name} {mutant.file}")
def test_every_mutant_fits_the_source(mutant):
    """When a countermeasure is written otherwise, its mutant in tools/mutants.py is, too."""
    path = ROOT / "avatar" / mutant.file

    assert mutant.name in COUNTERMEASURES
    compile(mutated(mutant, path.read_text()), str(path), "exec")


def test_there_are_mutants_of_most_countermeasures():
    assert len({mutant.name for mutant in MUTANTS}) >= 15


def test_a_mutant_that_no_longer_fits_is_an_error():
    with pytest.raises(MutationError, match="0 times"):
        mutated(Mutant("clearance", "x.py", (("not there", ""),)), "source")


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["made here", "compare and swap"])
def test_a_countermeasure_that_is_taken_out_is_missed(name):
    chosen = [mutant for mutant in MUTANTS if mutant.name == name][:1]

    assert chosen
    assert [result.words for result in run(chosen) if not result.killed] == []


@pytest.mark.slow
@pytest.mark.apart
@pytest.mark.timeout(900)
def test_a_mutant_that_changes_nothing_survives():
    """Otherwise every run would call everything killed."""
    (result,) = run([Mutant("nobody", "studio/studio.py", ())])

    assert not result.killed
