"""Looking at what was delivered."""

from pathlib import Path

import pytest

from avatar import seeing
from avatar.errors import InputError
from avatar.media.join import join
from avatar.seeing import timings_in
from tests.media.films import piece


def test_speech_that_is_too_long_to_lay_out_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join([piece(tmp_path, "talk", 50)], tmp_path / "talk.mp4")
    monkeypatch.setattr(seeing, "LONGEST", 1)

    with pytest.raises(InputError, match=r"talk\.mp4 is 2 s long; .*--lines") as refusal:
        timings_in(tmp_path / "talk.mp4", "hello there")
    assert refusal.value.code == "speech.too-long"
