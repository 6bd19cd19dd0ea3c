from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.errors import InputError
from avatar.faces.animate.animator import SOURCE_SCALE, Animator, Gesture
from avatar.faces.detection.landmarker import Landmarker
from avatar.faces.geometry.lip_geometry import mean_lip_gap
from avatar.faces.lips.lipsync import compare_lip_sync, expected_lip_openings, measure_lip_opening, measure_lip_openings
from avatar.faces.motion.visemes import viseme_track
from avatar.media.frames import Format, Frame, Frames, Pixels, frame_count, planes_of
from tests.examples import examples
from tests.faces.speeches import saying

RATE = Fraction(25)
TIMINGS = saying("HH AH L OW M AA M AE P S IY T AA B UW AA N", each=0.12, silence=0.5)
COUNT = frame_count(TIMINGS.duration, RATE)


def asked() -> np.ndarray:
    return expected_lip_openings(TIMINGS, RATE, COUNT)


def test_open_vowels_are_expected_wide_and_contacts_and_silence_closed() -> None:
    middle = {symbol: 0.5 + 0.12 * place + 0.06 for place, symbol in ((4, "M"), (5, "AA"), (9, "S"))}
    at = {symbol: float(asked()[int(second * RATE)]) for symbol, second in middle.items()}

    assert at["AA"] > 0.1 > 0.07 > at["S"] > 0.03 > at["M"]
    assert not asked()[:5].any()


@settings(max_examples=examples(30))
@given(st.integers(-4, 4), st.floats(0.1, 10), st.floats(-1, 1))
def test_a_mouth_that_is_late_is_found_late_whatever_its_size(late: int, size: float, rest: float) -> None:
    found = compare_lip_sync(np.roll(asked(), late) * size + rest, TIMINGS, RATE)

    assert found.lag == late
    assert found.correlation == pytest.approx(1, abs=1e-3)


def test_lips_together_and_a_still_mouth_are_told_from_their_opposites() -> None:
    right = compare_lip_sync(asked(), TIMINGS, RATE)
    silent = np.arange(COUNT) < 12
    wrong = compare_lip_sync(
        np.where(silent, asked() + 0.1 * (np.arange(COUNT) % 2), asked().max() - asked()), TIMINGS, RATE
    )

    assert right.closed > 0.9
    assert right.moves_in_silence == 0
    assert wrong.closed == 0.0
    assert wrong.moves_in_silence > 0.5


def test_another_speech_does_not_correlate() -> None:
    other = saying("S IY T AA B UW AA N M AA M AE P HH AH L OW", each=0.12, silence=0.5)

    assert compare_lip_sync(expected_lip_openings(other, RATE, COUNT), TIMINGS, RATE).correlation < 0.6


def test_frames_without_a_face_are_left_out_and_a_video_without_any_is_refused() -> None:
    seen = asked().copy()
    seen[30:40] = np.nan

    assert compare_lip_sync(seen, TIMINGS, RATE).correlation == pytest.approx(1, abs=1e-3)
    with pytest.raises(InputError) as refusal:
        compare_lip_sync(np.full(COUNT, np.nan, np.float32), TIMINGS, RATE)
    assert refusal.value.code == "lipsync.no-face"


@pytest.mark.slow
def test_the_lips_of_an_animated_portrait_are_seen_to_follow_its_phonemes(picture, landmarker: Landmarker) -> None:
    source: Pixels = picture("ava")
    format = Format(source.shape[1] // SOURCE_SCALE, source.shape[0] // SOURCE_SCALE, RATE)
    animator = Animator.of(source, landmarker.single_face(source), format)
    still = np.zeros(3, np.float32), np.zeros(2, np.float32), 0.0
    made = [animator.frame(Gesture(mouth, *still)).settle() for mouth in viseme_track(TIMINGS, RATE, COUNT)]
    found = compare_lip_sync(
        measure_lip_openings(Frames(format, COUNT, iter([[Frame(planes) for planes in made]])), landmarker),
        TIMINGS,
        RATE,
    )

    assert found.correlation > 0.8
    assert abs(found.lag) <= 1
    assert found.closed >= 0.95
    assert found.moves_in_silence < 0.05


def test_the_picture_is_measured_and_not_what_a_frame_says_of_itself(picture, landmarker: Landmarker) -> None:
    rgb: Pixels = picture("ava_aa")
    claimed = Frame(planes_of(rgb), np.zeros((468, 3), np.float32), tracked=True)
    format = Format(rgb.shape[1], rgb.shape[0], RATE)

    assert measure_lip_openings(Frames(format, 1, iter([[claimed]])), landmarker)[0] > 0.05


def test_an_opening_depends_less_on_where_the_face_was_said_to_be_than_a_single_look_does(
    picture, landmarker: Landmarker
) -> None:
    single, several = 0.0, 0.0
    for name in ("ava", "ava_aa", "ava_ee", "ava_ou"):
        rgb: Pixels = picture(name)
        face = landmarker.single_face(rgb)
        step = 0.03 * np.ptp(face[:, 1])
        said = [face + np.array([x, y, 0], np.float32) * step for x, y in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
        single += np.ptp([mean_lip_gap(landmarker.landmarks(rgb, each)[0]) for each in said])
        several += np.ptp([measure_lip_opening(rgb, each, landmarker) for each in said])

    assert several < 0.75 * single
