"""What a shell completes."""

import pytest

from avatar.app.context import open_app
from avatar.cli import completion


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "home"))
    for name in ("AVATAR_STORE", "AVATAR_KEYS", "AVATAR_OPERATOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


def test_words_blueprints_and_engines_are_completed():
    assert completion.one_of(("publish", "train"))("p") == ["publish"]
    assert "presenter" in completion.blueprints("pre")
    assert completion.engines("wav2") == ["wav2lip"]


def test_aliases_are_those_of_the_store(home):
    people = open_app().people
    for alias in ("ada", "abe", "mia"):
        people.enroll(alias, "synthetic", [])

    assert completion.aliases("a") == ["abe", "ada"]
    assert completion.cast("presenter=m") == ["presenter=mia"]
    assert completion.cast("presenter") == []


def test_pressing_a_key_makes_no_store(home):
    assert completion.aliases("a") == []
    assert not home.exists()
