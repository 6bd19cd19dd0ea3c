"""In which order tests run, and which of them in one process: quick ones first, then the slow ones, longest first.

A file is one group, and its slow tests another: they share what the file makes once. Slow tests that are marked
``apart`` share nothing, or through a lock, and each is a group of its own. How long each slow group takes is recorded
in ``seconds.json``: ``make durations`` writes it anew. A group that is not there runs first of the slow ones.
"""

import json
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.sharing import made_once, shared_folder

RECORD = Path(__file__).with_name("seconds.json")


def group_of(nodeid: str, *, slow: bool, apart: bool) -> str:
    """Return the name of the group that the test *nodeid* belongs to."""
    file = nodeid.split("::")[0]
    if slow:
        return nodeid if apart else f"{file}::slow"
    return file


def place_of(group: str, seconds: dict[str, float]) -> tuple[bool, float, str]:
    """Return the sort key of *group*, of which *seconds* says how long it takes if it is slow."""
    if "::" not in group:  # quick: as collected
        return False, 0.0, ""
    return True, -seconds.get(group, float("inf")), group


class Scheduling(LoadScopeScheduling):
    """Gives each process of xdist a group at a time, in the order of the tests."""

    @cached_property
    def _groups(self) -> dict[str, str]:
        return _written(self.config)

    def _split_scope(self, nodeid: str) -> str:
        return self._groups[nodeid]


class Order:
    """The plugin that puts collected tests in order, and records how long they took."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seconds: dict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        groups = {
            item.nodeid: group_of(
                item.nodeid,
                slow=item.get_closest_marker("slow") is not None,
                apart=item.get_closest_marker("apart") is not None,
            )
            for item in items
        }
        seconds = json.loads(RECORD.read_text())
        items.sort(key=lambda item: place_of(groups[item.nodeid], seconds))
        # Every process collects the same; the one that hands out the tests collects none.
        made_once(shared_folder(self._config), "groups", lambda to: (to / "groups.json").write_text(json.dumps(groups)))

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Scheduling | None:
        return Scheduling(config, log) if config.getvalue("dist") == "loadscope" else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        if self._config.getoption("--record-seconds") and not hasattr(self._config, "workerinput"):
            took: dict[str, float] = defaultdict(float)
            groups = _written(self._config)
            for nodeid, seconds in self._seconds.items():
                took[groups[nodeid]] += seconds
            slow = {name: round(seconds, 1) for name, seconds in sorted(took.items()) if "::" in name}
            RECORD.write_text(json.dumps(slow, indent=1) + "\n")


def _written(config: pytest.Config) -> dict[str, str]:
    groups: dict[str, str] = json.loads((shared_folder(config) / "groups" / "groups.json").read_text())
    return groups
