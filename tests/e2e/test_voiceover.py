"""A person's own recording, spoken by their portrait: from the command line to a signed video."""

import json

import pytest

from tests.e2e.cli_sandbox import ROOT, Place

pytestmark = [pytest.mark.slow, pytest.mark.apart]

PERFORMERS = ROOT / "performers"
ABOUT = ("--purpose", "training", "--project", "onboarding")


def test_a_recording_becomes_a_signed_video_with_its_own_words_as_captions(tmp_path):
    place = Place(tmp_path)
    recording = PERFORMERS / "ava_statement.flac"
    enroll = ("enroll", "ava", "--capacity", "synthetic", "--portrait", str(PERFORMERS / "ava.png"))
    assert place.run(*enroll, "--voiceover", str(recording)).returncode == 0
    uses = ("--use", "animate-face", "--use", "publish", "--description", "Short lessons for new colleagues.")
    assert place.run("grant", "ava", *uses, *ABOUT).returncode == 0
    cast = ("--cast", "speaker=ava", *ABOUT)

    scripted = place.run("produce", "voiceover", *cast, "--script", "Buy this.")
    assert "[script.recorded]" in scripted.stderr
    made = place.run("preview", "voiceover", *cast, "--lines", "1")
    assert made.returncode == 0, made.stdout + made.stderr

    folder = tmp_path / "out" / "voiceover-preview"
    report = json.loads((folder / "report.json").read_text())
    assert report["verdict"]["trusted"]
    assert "learning" not in report["stages"]
    said = " ".join((folder / "captions.vtt").read_text().split())
    assert "I am the synthetic performer called" in said  # heard by the recogniser: no transcript was given
    told = json.loads(place.run("verify", str(folder / "video.mp4"), "--json").stdout)
    assert "c2pa.dubbed" not in json.dumps(told)  # nothing was synthesised in anybody's voice

    place.run("withdraw", "ava")
    refused = place.run("produce", "voiceover", *cast)
    assert refused.returncode == 1
    assert "[consent.withdrawn]" in refused.stderr
