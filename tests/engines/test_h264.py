"""Shots: frames pass as they are, panels stand side by side, sound is cut to the picture."""

import numpy as np
import pytest
import soundfile

from avatar.artifacts.artifact import Footage, Speech
from avatar.engines.render.h264 import H264
from avatar.errors import EngineError
from avatar.media.audio.io import read_sound, write_sound
from avatar.media.decode import probe
from avatar.media.timeline import max_samples_for
from avatar.stages.render import Render
from avatar.voices.timings import SILENCE, Phone, Timings, Word
from avatar.watermark.audio import detect_audio_watermark
from avatar.watermark.detect import detect_watermark
from avatar.watermark.video import embed_video_watermark
from tests.engines.benches import FilesBench, cleared
from tests.media.video_fixtures import NTSC, PAL, all_planes, moving, planes_in, psnr, spoken, talking, tone

SPEECH = Speech("s")
ONE, TWO = Footage("1"), Footage("2")


@pytest.fixture
def bench(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    sound, timings = tmp_path / "in" / "sound.wav", tmp_path / "in" / "timings.json"
    write_sound(sound, [tone(2 * 48000)])
    words = (Word(text="Hello", start=0.1, end=0.6), Word(text="world.", start=0.7, end=1.9))
    spoken = Timings(duration=2.0, phones=(Phone(symbol=SILENCE, start=0, end=2),), words=words)
    timings.write_text(spoken.model_dump_json())
    return FilesBench(
        tmp_path / "out",
        {(SPEECH, "sound.wav"): sound, (SPEECH, "timings.json"): timings},
        {ONE: lambda: moving(50, width=256, height=192), TWO: lambda: moving(50, width=192, height=160, first=40)},
    )


def test_one_panel_passes_to_the_encoder_with_nothing_changed_but_the_mark(bench):
    parts = H264(crf=0).run(cleared(Render((ONE,), SPEECH)), bench)

    marked = all_planes(embed_video_watermark(bench.frames(ONE), bench.seed))
    pairs = list(zip(planes_in(parts["picture.mp4"]), marked, all_planes(bench.frames(ONE)), strict=True))
    assert all(np.array_equal(out, into) for out, into, _ in pairs)
    assert all(np.array_equal(out[192:], clean[192:]) for out, _, clean in pairs)  # no colour is touched
    assert min(psnr(out, clean) for out, _, clean in pairs) > 40
    assert bench.pulses[-1] == 1


def test_a_shot_is_marked_with_its_own_number_and_its_sound_too(bench):
    write_sound(bench.files[SPEECH, "sound.wav"], [spoken(2.0)])
    bench.streams[ONE] = lambda: talking(50)
    bench.seed = 0xCAFE0001

    parts = H264().run(cleared(Render((ONE,), SPEECH)), bench)

    assert detect_watermark(parts["picture.mp4"]).shots == (0xCAFE0001,)
    assert detect_audio_watermark(*read_sound(parts["sound.wav"])).found


def test_the_sound_is_as_long_as_the_frames(bench):
    for rate in (PAL, NTSC):
        bench.streams[ONE] = lambda rate=rate: moving(61, rate)
        parts = H264().run(cleared(Render((ONE,), SPEECH)), bench)

        assert soundfile.info(parts["sound.wav"]).frames == max_samples_for(61, rate)
        assert soundfile.info(parts["sound.wav"]).samplerate == 48000
        assert parts["timings.json"].read_text() == bench.open(SPEECH, "timings.json").read_text()


def test_a_picture_much_shorter_than_its_speech_is_an_error(bench):
    bench.streams[ONE] = lambda: moving(40)

    with pytest.raises(EngineError) as refusal:
        H264().run(cleared(Render((ONE,), SPEECH)), bench)
    assert refusal.value.code == "shot.out-of-step"


def test_two_panels_stand_side_by_side_with_nothing_changed_but_the_mark(bench):
    parts = H264(crf=0).run(cleared(Render((ONE, TWO), SPEECH)), bench)

    shape = probe(parts["picture.mp4"]).format
    assert shape.width > 256 + 192
    assert shape.height > 192
    shown = planes_in(parts["picture.mp4"])[30]
    left, right = all_planes(bench.frames(ONE))[30], all_planes(bench.frames(TWO))[30]
    assert psnr(shown[6 : 6 + 192, 6 : 6 + 256], left[:192]) > 38
    assert psnr(shown[22 : 22 + 160, 268 : 268 + 192], right[:160]) > 38


def test_panels_that_run_apart_are_an_error(bench):
    bench.streams[TWO] = lambda: moving(49)

    with pytest.raises(EngineError) as refusal:
        H264().run(cleared(Render((ONE, TWO), SPEECH)), bench)
    assert refusal.value.code == "panels.differ"


def test_a_lower_third_is_seen_in_its_place_and_gone_before_the_end(bench):
    bench.streams[ONE] = lambda: moving(50, width=256, height=192)
    plain = planes_in(H264(crf=0).run(cleared(Render((ONE,), SPEECH)), bench)["picture.mp4"])
    named = planes_in(H264(crf=0).run(cleared(Render((ONE,), SPEECH, "Ava\nPresenter")), bench)["picture.mp4"])

    differs = [bool((a != b).any()) for a, b in zip(plain, named, strict=True)]
    assert differs == [False] * 10 + [True] * 35 + [False] * 5
    assert np.array_equal(plain[25][:96], named[25][:96])  # the upper half
    assert (plain[25][96:192] != named[25][96:192]).mean() > 0.05


def test_burnt_captions_are_seen_while_words_are_spoken(bench):
    plain = planes_in(H264(crf=0).run(cleared(Render((ONE,), SPEECH)), bench)["picture.mp4"])
    burnt = planes_in(H264(crf=0, burn_captions=True).run(cleared(Render((ONE,), SPEECH)), bench)["picture.mp4"])

    differs = [bool((a != b).any()) for a, b in zip(plain, burnt, strict=True)]
    assert differs == [False] * 2 + [True] * 48


def test_two_renders_give_the_same_bytes(bench):
    request = Render((ONE, TWO), SPEECH, "Ava\nPresenter")
    one = H264(burn_captions=True).run(cleared(request), bench)["picture.mp4"].read_bytes()

    assert H264(burn_captions=True).run(cleared(request), bench)["picture.mp4"].read_bytes() == one


def test_a_label_stands_on_every_frame_and_touches_nothing_else(bench):
    bare, labelled = (
        planes_in(H264(crf=1, label=text).run(cleared(Render((ONE,), SPEECH)), bench)["picture.mp4"])
        for text in ("", "PREVIEW")
    )

    changes = [np.abs(one.astype(int) - other)[:192] for one, other in zip(bare, labelled, strict=True)]
    assert all(change[:40, :120].max() > 60 for change in changes)
    assert all(change[60:].mean() < 3 for change in changes)
