"""The order of tests: quick ones first, slow ones longest first, and what is shared made once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.order import group_of, place_of
from tests.sharing import made_once

SECONDS = {"tests/a.py::slow": 5.0, "tests/b.py::test_x": 50.0}


def test_quick_tests_come_first_then_the_longest_and_unknown_ones_before_all_slow_ones() -> None:
    groups = ["tests/a.py::slow", "tests/new.py::slow", "tests/b.py::test_x", "tests/b.py", "tests/a.py"]

    placed = sorted(groups, key=lambda group: place_of(group, SECONDS))

    assert placed == ["tests/b.py", "tests/a.py", "tests/new.py::slow", "tests/b.py::test_x", "tests/a.py::slow"]


@pytest.mark.parametrize(
    ("slow", "apart", "group"),
    [
        (False, False, "tests/a.py"),
        (True, False, "tests/a.py::slow"),
        (True, True, "tests/a.py::test_x[1]"),
    ],
)
def test_tests_of_a_file_stay_together_unless_they_share_nothing(slow: bool, apart: bool, group: str) -> None:
    assert group_of("tests/a.py::test_x[1]", slow=slow, apart=apart) == group


def test_what_several_processes_ask_for_is_made_by_one(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tests.sharing import made_once\n"
        "def make(folder): time.sleep(0.3); (folder / sys.argv[2]).touch()\n"
        "made_once(Path(sys.argv[1]), 'thing', make)"
    )
    asked = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("one", "other")]

    assert [each.wait(60) for each in asked] == [0, 0]
    assert len(list((tmp_path / "thing").iterdir())) == 1


def test_what_failed_is_made_again(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        made_once(tmp_path, "thing", fail)

    assert list(made_once(tmp_path, "thing", lambda folder: (folder / "whole").touch()).iterdir()) == [
        tmp_path / "thing" / "whole"
    ]
