"""A script with pronunciations, blanks and SSML, killed in the middle: ``benchmarks.long_script``, with fewer lines."""

from pathlib import Path

import pytest

from avatar.voices.text.script import split_script
from avatar.voices.text.variables import fill_variables
from benchmarks.long_script import Place, interrupted, script_of

pytestmark = pytest.mark.slow

LINES, AT = 8, 3
IN_FLIGHT = 2


@pytest.mark.timeout(900)
def test_a_killed_script_goes_on_and_makes_at_most_what_was_in_flight_again(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.settle()

    before, after, _, _ = interrupted(place, LINES, AT)

    assert AT <= before["CloneVoice"] < LINES
    # What the ledger knows as finished is recalled; one may have been written down there and nowhere else yet.
    assert 0 <= after["CloneVoice"] - LINES <= IN_FLIGHT
    assert 0 <= after["Render"] - LINES <= IN_FLIGHT
    assert after["Publish"] == 1
    assert (tmp_path / "out" / "video.mp4").is_file()


def test_the_script_has_as_many_different_lines_as_asked_for() -> None:
    lines = {line.text for line in split_script(fill_variables(script_of(200), {"colour": "yellow"}))}

    assert len(lines) == 200
