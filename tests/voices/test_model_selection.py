from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from avatar.voices.adaptation import model_selection
from avatar.voices.adaptation.learning import AdaptationSettings
from avatar.voices.adaptation.model_selection import Judges, ModelSelection, Trial, choose_breathiness, rank_by_value
from avatar.voices.judging.postprocess import TARGET_LUFS, loudness_of
from avatar.voices.judging.speaker_embedding import SpeakerSimilarity
from avatar.voices.signal.spectra import RATE


@dataclass
class Judge:
    """Knows the quality of each sound, and counts how often it was asked."""

    qualities: dict[str, float]
    asked: list[str] = field(default_factory=list)

    def __call__(self, sound, _rate, _weights):
        self.asked.append(sound)
        return self.qualities[sound]


@pytest.fixture
def tried(monkeypatch):
    def of(*voices):
        judge = Judge({str(number): quality for number, (_, quality) in enumerate(voices)})
        monkeypatch.setattr(model_selection, "predict_mos", judge)
        judges = Judges(None, None)
        return judge, [Trial(None, [str(number)], alike, judges) for number, (alike, _) in enumerate(voices)]

    return of


@pytest.mark.parametrize(
    "voices",
    [
        [(0.80, 3.5), (0.85, 3.5), (0.82, 3.5)],
        [(0.80, 3.4), (0.85, 2.3), (0.82, 2.9)],
        [(0.85, 2.3), (0.85, 3.7), (0.85, 3.7)],
        [(0.70, 3.3), (0.86, 2.2), (0.85, 2.2), (0.80, 3.3)],
    ],
)
def test_voices_come_in_the_order_of_their_value(tried, voices):
    _, some = tried(*voices)

    assert list(rank_by_value(some)) == sorted(some, key=lambda one: one.value, reverse=True)


def test_the_quality_of_a_voice_that_cannot_win_is_not_asked_for(tried):
    judge, some = tried((0.80, 3.5), (0.85, 3.0), (0.84, 3.5), (0.70, 5.0))

    assert next(rank_by_value(some)) is some[2]
    assert judge.asked == ["1", "2"]


@pytest.mark.parametrize(
    ("voices", "right"),
    [
        ([(0.80, 3.5), (0.805, 3.5), (0.78, 3.5)], 0),
        ([(0.80, 3.5), (0.805, 3.5), (0.83, 3.5)], 2),
        ([(0.80, 3.5), (0.83, 2.5), (0.79, 3.5)], 0),
    ],
)
def test_a_voice_breathes_as_the_base_voice_unless_another_breath_is_clearly_better(tried, voices, right):
    _, some = tried(*voices)

    assert choose_breathiness(some) is some[right]


@pytest.mark.parametrize(
    ("alike", "breaths"),
    [
        ({0.0: 0.85, -0.3: 0.87, -0.6: 0.89}, [0.0, -0.3, -0.6, -0.6]),
        ({0.0: 0.85, -0.3: 0.84, 0.25: 0.88}, [0.0, -0.3, 0.25, 0.25]),
        ({0.0: 0.85, -0.3: 0.84, 0.25: 0.82}, [0.0, -0.3, 0.25, 0.0]),
    ],
)
def test_another_breath_is_looked_for_where_the_voice_gets_more_alike(tried, monkeypatch, alike, breaths):
    """The manners that follow breathe as the best of the three."""
    asked = []

    def spoken(_choice, manner):
        asked.append(manner)
        _, (voice,) = tried((alike.get(manner.breath, 0.8), 4.0))
        monkeypatch.setattr(Trial, "wrong", lambda _: 0.0)
        monkeypatch.setattr(Trial, "prints", lambda _: [])
        return replace(voice, voice=manner)

    monkeypatch.setattr(ModelSelection, "_tried", spoken)
    heard = []

    ModelSelection(None, None, None, None).best(
        [AdaptationSettings(0.1, 0.8), AdaptationSettings(0.2, 0.8)], heard.append
    )

    assert [manner.breath for manner in asked] == breaths
    assert heard == sorted(heard)
    assert heard[-1] < 1.0


class Whisperer:
    """Stands for the pairs, the voice, its spectra and the encoders: all it says is noise, and very quiet."""

    def adapted(self, _manner):
        return self

    def changed(self, _line):
        return self

    def sound(self, seed):
        return np.random.default_rng(seed).standard_normal(RATE).astype(np.float32) * np.float32(1e-3)

    def print_of(self, sound, rate):
        self.heard = loudness_of(sound, rate)
        return self

    def likeness(self, _other):
        return SpeakerSimilarity(0.9, 0.9)


def test_voices_are_tried_as_loud_as_takes_will_be():
    quiet = Whisperer()
    choice = ModelSelection(quiet, None, None, Judges(quiet, None))
    choice.__dict__["_lines"] = [None]

    tried = choice._tried(None)

    assert loudness_of(tried.sounds[0], RATE) == pytest.approx(TARGET_LUFS, abs=0.1)
    assert quiet.heard == pytest.approx(TARGET_LUFS, abs=0.1)
