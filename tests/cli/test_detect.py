"""``avatar detect``: for anyone, with no context at hand."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from avatar.cli.main import app
from avatar.errors import InputError
from avatar.media.audio.io import write_sound
from avatar.watermark.audio import embed_audio_watermark
from tests.media.video_fixtures import spoken


def test_sound_alone_is_looked_at_without_any_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_HOME", str(tmp_path / "nothing" / "here"))
    write_sound(tmp_path / "ours.wav", [embed_audio_watermark(spoken(1.5), 48_000)])
    write_sound(tmp_path / "theirs.wav", [spoken(1.5)])

    ours = CliRunner().invoke(app, ["detect", str(tmp_path / "ours.wav"), "--json"])
    theirs = CliRunner().invoke(app, ["detect", str(tmp_path / "theirs.wav")])

    assert (ours.exit_code, theirs.exit_code) == (0, 1)
    assert json.loads(ours.stdout)["sound"]["found"] is True
    assert "sound: no mark" in theirs.output
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["detect", str(tmp_path / "gone.mp4")])

    assert isinstance(done.exception, InputError)
    assert done.exception.code == "file.missing"
