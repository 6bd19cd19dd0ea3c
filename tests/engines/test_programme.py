"""Programmes: cards and shots in order, captions at their place, one loudness."""

import numpy as np
import pytest

from avatar.artifacts.artifact import FACE_GAPS, Shot
from avatar.engines.assembly.programme import Programme
from avatar.errors import InputError, UnknownEngineError
from avatar.media.audio.loudness import integrated_loudness
from avatar.media.decode import probe
from avatar.media.face_gaps import read_face_gaps, write_face_gaps
from avatar.stages.registry import EngineSpec, assemble
from avatar.stages.render import Assemble
from avatar.voices.timings import SILENCE, Phone, Timings, Word
from tests.engines.benches import FilesBench, cleared
from tests.media.test_join import sound_in
from tests.media.video_fixtures import NTSC, PAL, piece, planes_in

SHOTS = (Shot("a"), Shot("b"))


def shot_in(bench, shot, rate, count, text):
    folder = bench.folder / shot.digest
    folder.mkdir()
    made = piece(folder, "picture", count, rate, loud=0.02)
    seconds = float(count / rate)
    words = (Word(text=text, start=0.2, end=seconds - 0.1),)
    timings = Timings(duration=seconds, phones=(Phone(symbol=SILENCE, start=0, end=seconds),), words=words)
    (folder / "timings.json").write_text(timings.model_dump_json())
    bench.files |= {
        (shot, "picture.mp4"): made.picture,
        (shot, "sound.wav"): made.sound,
        (shot, "timings.json"): folder / "timings.json",
    }


@pytest.fixture(params=[PAL, NTSC], ids=["25", "29.97"])
def bench(tmp_path, request):
    bench = FilesBench(tmp_path)
    shot_in(bench, SHOTS[0], request.param, 60, "First --> <b>.")
    shot_in(bench, SHOTS[1], request.param, 45, "Second.")
    return bench


def test_shots_pass_unchanged_between_their_cards(bench):
    parts = Programme(card_seconds=1.0).run(cleared(Assemble(SHOTS, "Title\nof a talk", "The end")), bench)

    shown = planes_in(parts["video.mp4"])
    shots = [planes for shot in SHOTS for planes in planes_in(bench.open(shot, "picture.mp4"))]
    card = (len(shown) - len(shots)) // 2
    assert card == round(probe(parts["video.mp4"]).format.rate)
    assert all(np.array_equal(a, b) for a, b in zip(shown[card:-card], shots, strict=True))
    assert shown[card // 2][:96].max() > 180  # white words on a dark card
    assert bench.pulses[-1] == 1


def test_captions_stand_where_their_words_are_spoken(bench):
    parts = Programme(card_seconds=2.0).run(cleared(Assemble(SHOTS, "Title")), bench)

    vtt, srt = parts["captions.vtt"].read_text(), parts["captions.srt"].read_text()
    first, second = (line for line in vtt.splitlines() if " --> " in line)
    assert first.startswith("00:00:02.2")
    rate = probe(parts["video.mp4"]).format.rate
    assert second.startswith(f"00:00:0{2 + float(60 / rate) + 0.2:.1f}")
    assert "First --&gt; &lt;b&gt;." in vtt
    assert "First --› ‹b›." in srt


def test_the_whole_is_brought_to_one_loudness(bench):
    parts = Programme(loudness=-20.0).run(cleared(Assemble(SHOTS)), bench)

    assert integrated_loudness([sound_in(parts["video.mp4"])]) == pytest.approx(-20.0, abs=0.5)


def test_no_text_means_no_card(bench):
    parts = Programme().run(cleared(Assemble(SHOTS, " \n", "")), bench)

    assert probe(parts["video.mp4"]).count == 105


def test_two_assemblies_give_the_same_bytes(bench):
    one = Programme().run(cleared(Assemble(SHOTS, "Title", "End")), bench)["video.mp4"].read_bytes()

    assert Programme().run(cleared(Assemble(SHOTS, "Title", "End")), bench)["video.mp4"].read_bytes() == one


@pytest.mark.parametrize("options", [{"loudness": 3.0}, {"card_seconds": -1.0}])
def test_options_out_of_range_are_refused_by_the_registry(options):
    with pytest.raises(UnknownEngineError) as refusal:
        assemble(EngineSpec("programme", options), {"programme": lambda: Programme})
    assert refusal.value.code == "engine.bad-option"


def test_an_unknown_colour_is_refused_by_the_registry():
    with pytest.raises(InputError) as refusal:
        assemble(EngineSpec("programme", {"background": "bluish"}), {"programme": lambda: Programme})
    assert refusal.value.code == "colour.unknown"


def test_frames_without_a_face_are_named_at_their_place(bench):
    told = bench.folder / "told.json"
    write_face_gaps(told, [(0, 5), (40, 45)], PAL)
    bench.files[SHOTS[1], FACE_GAPS] = told

    parts = Programme(card_seconds=1.0).run(cleared(Assemble(SHOTS, "Title")), bench)

    start = probe(parts["video.mp4"]).count - 45
    assert read_face_gaps(parts[FACE_GAPS]) == [(start, start + 5), (start + 40, start + 45)]


def test_nothing_is_said_of_faces_where_every_frame_shows_one(bench):
    assert FACE_GAPS not in Programme().run(cleared(Assemble(SHOTS)), bench)
