"""I: marks that are not there, that turn into nothing, that are taken off, and that are seen where none is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import run

import imageio_ffmpeg
import numpy as np
import pytest

from avatar.engines.publication.c2pa import C2pa
from avatar.media.audio.io import write_sound
from avatar.media.decode import batched
from avatar.media.encode import encode
from avatar.media.frames import Frame, Frames
from avatar.media.join import Clip, join
from avatar.provenance.signer import load_signer
from avatar.provenance.trust import Trust
from avatar.provenance.verify import verify
from avatar.provenance.watermark_checks import with_marks
from avatar.stages.render import Assemble, Publish
from avatar.watermark import audio
from avatar.watermark.audio import embed_audio_watermark
from avatar.watermark.verify import detect_watermarks
from avatar.watermark.video import embed_video_watermark
from tests.media.video_fixtures import all_planes, spoken, talking
from tests.redteam.cases import attack

RATE = 48_000
SHOT = 0x5EED0001


def film(folder: Path, *, picture: int | None = SHOT, heard: bool = True) -> Path:
    """Write three seconds of someone who talks, marked with the number *picture* and in what is *heard*."""
    frames, samples = talking(75), spoken(3)
    folder.mkdir(exist_ok=True)
    write_sound(folder / "sound.wav", [embed_audio_watermark(samples, RATE) if heard else samples])
    encode(frames if picture is None else embed_video_watermark(frames, picture), folder / "picture.mp4")
    join([Clip(folder / "picture.mp4", folder / "sound.wav")], folder / "film.mp4")
    return folder / "film.mp4"


@pytest.fixture
def leaving(scene, worn) -> Callable[[Path], None]:
    """Hand a film in as what an assembly engine made, and hold its publication to the case's refusal."""

    def leaving(film: Path) -> None:
        splice = scene.world.engines["splice"]().run
        engine = worn("splice", lambda self, cleared, bench: {**splice(self, cleared, bench), "video.mp4": film})
        scene.world.engines["c2pa"] = lambda: C2pa
        scene.refused(Publish(scene.perform(Assemble((scene.shot(scene.accomplice),)), engine)), "c2pa")

    return leaving


def changed(film: Path, *told: str) -> Path:
    """Have ffmpeg make another film of *film*: what it is *told* is done to it; credentials do not come along."""
    to = film.with_name("changed.mp4")
    run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", film, "-threads", "1", *told, to], check=True)
    return to


@attack("an engine of someone else's leaves the picture mark out", by="marks read back", code="mark.not-found")
def test_a_picture_that_nobody_marked(leaving, tmp_path):
    leaving(film(tmp_path / "film", picture=None))


@attack("an engine of someone else's leaves the sound mark out", by="marks read back", code="mark.not-found")
def test_sound_that_nobody_marked(leaving, tmp_path):
    leaving(film(tmp_path / "film", heard=False))


@attack("a still picture takes the place of the marked ones", by="marks read back", code="mark.not-found")
def test_a_mark_that_stands_still(leaving, tmp_path):
    """The mark turns with time: a frame held for long carries none."""
    leaving(changed(film(tmp_path / "film"), "-vf", "trim=end_frame=1,loop=loop=74:size=1,setpts=N/25/TB"))


@attack("pictures are averaged until the mark is out of them", by="marks read back", code="mark.not-found")
def test_a_mark_that_was_averaged_out(leaving, tmp_path):
    """A second together: two turns of the mark."""
    leaving(changed(film(tmp_path / "film"), "-vf", "tmix=frames=25,trim=start_frame=25"))


@attack(
    "the network of the sound mark is not there, so that marking does nothing",
    by="marks read back",
    code="weights.missing",
)
def test_a_mark_that_silently_turns_into_nothing(leaving, tmp_path, monkeypatch):
    finished = film(tmp_path / "film")
    monkeypatch.setattr(audio, "SOUND_MARK", replace(audio.SOUND_MARK, source="package:perth/gone"))

    leaving(finished)


@attack(
    "the credential is taken off a finished film",
    by="marks beside credentials",
    harmless="the marks still say what it is: mark.without-credential",
)
def test_a_film_without_its_credential(tmp_path):
    stripped = changed(film(tmp_path / "film"), "-crf", "21")

    marks = detect_watermarks(stripped)
    verdict = with_marks(verify(stripped, Trust.in_(load_signer(tmp_path / "signing"))), marks)

    assert marks.picture.found
    assert not verdict.trusted
    assert "mark.without-credential" in {reason.code for reason in verdict.reasons}


@attack("a film of a camera is said to be made here", by="a calibrated chance", harmless="nothing is found in it")
def test_a_film_of_someone_else(tmp_path):
    found = detect_watermarks(film(tmp_path / "film", picture=None, heard=False))

    assert not found.found
    assert found.picture.shots == ()


@attack("grain that shivers is taken for the mark", by="a calibrated chance", harmless="nothing is found in it")
@pytest.mark.parametrize("seed", range(3))
def test_grain(tmp_path, seed):
    """Noise as strong as ten marks, new in each frame, in someone who talks."""
    random = np.random.default_rng(seed)
    frames = talking(38)
    grainy = (
        Frame((each.astype(int) + random.normal(0, 10, each.shape)).clip(0, 255).astype(np.uint8))
        for each in all_planes(frames)
    )
    encode(Frames(frames.format, frames.count, batched(grainy)), tmp_path / "grainy.mp4")

    assert not detect_watermarks(tmp_path / "grainy.mp4").found
