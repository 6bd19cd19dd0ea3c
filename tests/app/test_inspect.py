"""Looking at what was delivered."""

from pathlib import Path

import pytest

from avatar.app import inspect
from avatar.app.inspect import align_video
from avatar.errors import InputError
from avatar.media.join import join
from tests.media.video_fixtures import piece


def test_speech_that_is_too_long_to_lay_out_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join([piece(tmp_path, "talk", 50)], tmp_path / "talk.mp4")
    monkeypatch.setattr(inspect, "MAX_SECONDS", 1)

    with pytest.raises(InputError, match=r"talk\.mp4 is 2 s long; .*--lines") as refusal:
        align_video(tmp_path / "talk.mp4", "hello there")
    assert refusal.value.code == "speech.too-long"
