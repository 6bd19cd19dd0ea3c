"""Looking at what is made: a draft, two versions side by side, a speech as a picture."""

import json

import pytest
from PIL import Image

from avatar.media.decode import probe

pytestmark = [pytest.mark.slow, pytest.mark.apart]

SAYS = "Hello, and welcome. Bob paid for five maps. And nobody hears this."


def test_a_preview_is_small_signed_and_drawn_and_is_compared_with_a_version_while_consent_stands(copy):
    cast = "--cast", "presenter=ava", "--purpose", "product-demonstration", "--project", "demo"
    made = copy.run("preview", "presenter", "--script", SAYS, *cast, "--lines", "2")
    assert made.returncode == 0, made.stdout + made.stderr
    folder = copy.folder / "out" / "presenter-preview"
    report = json.loads((folder / "report.json").read_text())

    assert report["verdict"]["trusted"]
    assert report["size"] == [256, 256]
    assert len(report["lines"]) == 2
    with Image.open(folder / "speech.png") as drawn:
        assert drawn.width == 1600

    drawn = copy.run("timeline", str(folder / "video.mp4"), "--script", "Hello, and welcome. Bob paid for five maps.")
    assert drawn.returncode == 0, drawn.stdout + drawn.stderr
    assert "correlation 0." in drawn.stdout
    assert (folder / "video.speech.png").is_file()

    preview, comparison = str(folder / "video.mp4"), copy.folder / "out" / "comparison.mp4"
    assert copy.run("compare", preview, str(copy.video)).returncode == 0
    assert probe(comparison).format.width > 1024
    told = json.loads(copy.run("verify", str(comparison), "--json").stdout)
    assert {reason["code"] for reason in told["reasons"]} == {
        "credential.no-consent",
        "ledger.unknown-file",
        "mark.contradicts",  # the pictures say which shots they were; its own credential names none
    }
    again = copy.run("compare", str(comparison), str(copy.video))
    assert "[compare.not-trusted]" in again.stderr

    comparison.unlink()
    copy.run("withdraw", "ava")
    refused = copy.run("compare", preview, str(copy.video))
    assert refused.returncode == 1
    assert "[compare.not-trusted]" in refused.stderr
    assert not comparison.exists()
