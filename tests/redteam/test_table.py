"""The page about the red team says what the tests say."""

from collections import Counter

from tests.redteam.cases import CLASSES, COUNTERMEASURES
from tests.redteam.table import DOCUMENT, cases, document


def test_the_page_is_up_to_date():
    assert DOCUMENT.read_text() == document(), "run python -m tests.redteam.table"


def test_every_class_has_its_cases_and_no_attack_is_there_twice():
    found = list(cases())
    counts = Counter(case.letter for case in found)

    assert len(found) >= 80
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) >= 8
    assert [what for what, count in Counter(case.attack.what for case in found).items() if count > 1] == []


def test_every_countermeasure_has_a_case():
    assert {case.attack.by for case in cases()} == set(COUNTERMEASURES)
