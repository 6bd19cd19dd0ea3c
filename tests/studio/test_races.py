"""Withdrawals against publications, by the hundred; benchmarks/races.py runs ten thousand."""

import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from avatar.consent import Use
from avatar.consent.entries import Entry, Granted, Published, Withdrawn
from avatar.consent.record import Withdrawal
from avatar.testing.world import TOY_BRIEF, World
from benchmarks import races
from tests.conftest import BUCKET
from tests.consent.reading import entries


@pytest.mark.slow
@pytest.mark.apart
def test_no_race_on_a_folder_lets_anything_out_after_a_withdrawal():
    tally = races.Tally()
    races.run(300, races.on_a_folder, tally, seed=1)

    _judge(tally, 300)


@pytest.mark.slow
@pytest.mark.apart
def test_no_race_on_s3_lets_anything_out_after_a_withdrawal(s3_endpoint):
    tally = races.Tally()
    races.run(50, partial(races.on_s3, BUCKET), tally, seed=2)

    _judge(tally, 50)


def _judge(tally: races.Tally, count: int) -> None:
    assert tally.leaks == []
    assert tally.races == count
    # Both win, and some withdrawals come when the work is done and only the exit is left: else nothing was raced.
    assert tally.ended["published"] > count / 10
    assert tally.ended["refused after the work was done: consent.withdrawn"] > 0


def test_the_judge_of_the_races_knows_a_leak_when_it_sees_one(world: World):
    ada, mia = world.enroll("ada"), world.enroll("mia")
    for person in (ada, mia):
        world.agree(person)
    oracle = races.Oracle({ada.id: "ada", mia.id: "mia"})
    seen = entries(world.objects)
    grants = tuple(entry.fact.grant.digest for entry in seen if isinstance(entry.fact, Granted))
    out = Published(
        file="f" * 64,
        recipe="b" * 64,
        milliseconds=1,
        purpose=TOY_BRIEF.purpose,
        channels=TOY_BRIEF.channels,
        people=(ada.id, mia.id),
        grants=grants,
    )

    assert [oracle.add(entry) for entry in seen] == [""] * len(seen)
    assert oracle.add(_entry(out)) == ""
    assert oracle.add(_entry(out.model_copy(update={"people": (ada.id,)})))
    assert oracle.add(_entry(out.model_copy(update={"grants": grants[:1]})))
    oracle.add(_entry(Withdrawn(withdrawal=Withdrawal(person=mia.id, uses=(Use.TRAIN,)))))
    assert oracle.add(_entry(out)) == ""
    oracle.add(_entry(Withdrawn(withdrawal=Withdrawal(person=mia.id, uses=(Use.SWAP_FACE,)))))
    assert oracle.add(_entry(out)) == "published after a withdrawal"


def _entry(fact) -> Entry:
    return Entry(index=1, previous="", at=datetime.now(UTC), by="o-" + "0" * 16, fact=fact, signature="0" * 128)


def test_a_house_opened_while_torch_is_only_just_loading_does_not_wait_for_it(tmp_path: Path):
    """A refused production opens one to say whose consent ended, while an engine's thread may be importing."""
    code = (
        "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n"
        "from pathlib import Path; from avatar.app.context import AppContext\n"
        "from avatar.app.settings import Settings\n"
        "AppContext(Settings(home=Path(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
