"""From phonemes to lips: which shape each one asks for, and how neighbours share the mouth (coarticulation).

Dominance functions after Cohen and Massaro (1993): each phoneme pulls towards its shape with a strength that decays in
time, rounding reaches further than the jaw, and weak consonants leave the lips to the vowels around them. Contacts
(lips on P, B, M; teeth on F, V) are then enforced, because a listener sees at once when they are missing.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avatar.faces.geometry.blendshapes import INDEX, NAMES, Floats, coefficients
from avatar.voices.timings import SILENCE, Timings

Times = NDArray[np.float64]
Span = tuple[float, float]  # start and end in seconds

BILABIALS = ("P", "B", "M")  # phonemes in which lips meet
LABIODENTALS = ("F", "V")  # phonemes in which the lower lip meets the teeth
MAX_JAW_OPEN = 0.35  # of jawOpen: beyond it speech looks like singing
_MOUTH_LEAD_S = 0.01  # seconds: a mouth is in place a little before it is heard
_CONTACT_RAMP_S = 0.04  # seconds in which lips come together, or part: longer, and short vowels between contacts vanish
# Of which so many belong to the phoneme itself: lips are together by the time it is heard, and part before it ends.
_CONTACT_ONSET_S = 0.01
_CONTACT_RELEASE_S = 0.02
_REST_RAMP_S = 0.12  # seconds in which a shot leaves and regains the resting pose


@dataclass(frozen=True)
class Viseme:
    """A *shape* (52 coefficients) and how strongly it claims the *jaw* and the *lips* against its neighbours."""

    shape: Floats
    jaw: float
    lips: float


def _viseme(jaw: float, lips: float, **weights: float) -> Viseme:
    return Viseme(coefficients(**weights), jaw, lips)


_SILENCE_VISEME = _viseme(0.8, 0.45)
_BILABIAL = _viseme(1.0, 0.5, mouthPress=0.42, mouthRollUpper=0.22, mouthRollLower=0.22)
_LABIODENTAL = _viseme(1.0, 0.8, jawOpen=0.05, mouthRollLower=0.5, mouthUpperUp=0.32, mouthShrugLower=0.12)
CONTACTS = {
    "lips": _BILABIAL.shape,
    "teeth": _LABIODENTAL.shape,
}  # what a mouth does while lips meet, or teeth meet a lip
_SIBILANT = _viseme(0.9, 0.6, jawOpen=0.05, mouthStretch=0.18, mouthSmile=0.12, mouthLowerDown=0.3, mouthUpperUp=0.2)
_POSTALVEOLAR = _viseme(
    0.9, 1.0, jawOpen=0.07, mouthFunnel=0.5, mouthPucker=0.28, mouthLowerDown=0.18, mouthUpperUp=0.12
)
_ALVEOLAR = _viseme(0.6, 0.2, jawOpen=0.09, mouthLowerDown=0.16, mouthUpperUp=0.08, tongueOut=0.25)
_VELAR = _viseme(0.45, 0.15, jawOpen=0.12, mouthLowerDown=0.06)
_DENTAL = _viseme(0.9, 0.4, jawOpen=0.1, mouthLowerDown=0.25, mouthUpperUp=0.15, tongueOut=0.8)

_AA = _viseme(1.0, 0.7, jawOpen=0.33, mouthUpperUp=0.12, mouthLowerDown=0.12)
_AO = _viseme(1.0, 1.0, jawOpen=0.27, mouthFunnel=0.38, mouthPucker=0.16)
_EH = _viseme(1.0, 0.7, jawOpen=0.2, mouthSmile=0.1, mouthStretch=0.08, mouthLowerDown=0.14, mouthUpperUp=0.14)
_AH = _viseme(0.9, 0.5, jawOpen=0.2, mouthLowerDown=0.08, mouthUpperUp=0.08)
_IH = _viseme(0.9, 0.7, jawOpen=0.13, mouthSmile=0.16, mouthStretch=0.08, mouthLowerDown=0.18, mouthUpperUp=0.12)
_IY = _viseme(1.0, 1.0, jawOpen=0.09, mouthSmile=0.34, mouthStretch=0.16, mouthLowerDown=0.22, mouthUpperUp=0.16)
_UH = _viseme(0.9, 1.0, jawOpen=0.12, mouthFunnel=0.34, mouthPucker=0.32)
_UW = _viseme(1.0, 1.4, jawOpen=0.07, mouthFunnel=0.34, mouthPucker=0.68)
_ER = _viseme(0.9, 0.9, jawOpen=0.12, mouthFunnel=0.34, mouthPucker=0.2)

# One shape a phoneme; two for diphthongs, in order.
VISEMES: dict[str, tuple[Viseme, ...]] = {
    SILENCE: (_SILENCE_VISEME,),
    **dict.fromkeys(BILABIALS, (_BILABIAL,)),
    **dict.fromkeys(LABIODENTALS, (_LABIODENTAL,)),
    **dict.fromkeys(("S", "Z"), (_SIBILANT,)),
    **dict.fromkeys(("SH", "ZH", "CH", "JH"), (_POSTALVEOLAR,)),
    **dict.fromkeys(("T", "D", "N"), (_ALVEOLAR,)),
    **dict.fromkeys(("K", "G", "NG", "HH"), (_VELAR,)),
    **dict.fromkeys(("TH", "DH"), (_DENTAL,)),
    "L": (_viseme(0.7, 0.3, jawOpen=0.14, mouthLowerDown=0.16, mouthUpperUp=0.14, tongueOut=0.45),),
    "R": (_viseme(0.8, 1.1, jawOpen=0.09, mouthFunnel=0.4, mouthPucker=0.28),),
    "W": (_viseme(1.0, 1.5, jawOpen=0.04, mouthFunnel=0.22, mouthPucker=0.75),),
    "Y": (_viseme(0.8, 0.8, jawOpen=0.08, mouthSmile=0.25, mouthStretch=0.12, mouthLowerDown=0.14),),
    "AA": (_AA,),
    "AE": (_viseme(1.0, 0.8, jawOpen=0.29, mouthStretch=0.2, mouthSmile=0.12, mouthUpperUp=0.2, mouthLowerDown=0.2),),
    "AO": (_AO,),
    "AH": (_AH,),
    "EH": (_EH,),
    "ER": (_ER,),
    "IH": (_IH,),
    "IY": (_IY,),
    "UH": (_UH,),
    "UW": (_UW,),
    "AW": (_AA, _UW),
    "AY": (_AA, _IH),
    "EY": (_EH, _IY),
    "OW": (_AO, _UW),
    "OY": (_AO, _IH),
}

_JAW_COLUMNS = [INDEX["jawOpen"], INDEX["tongueOut"]]
_ROUNDING_COLUMNS = [INDEX["mouthFunnel"], INDEX["mouthPucker"]]
_LIP_COLUMNS = [index for index in range(len(NAMES)) if index not in _JAW_COLUMNS + _ROUNDING_COLUMNS]
# Per group of coefficients: seconds in which a claim falls to 1/e before and after its phoneme.
_DOMINANCE_DECAY_S = ((_JAW_COLUMNS, 0.04, 0.035), (_ROUNDING_COLUMNS, 0.085, 0.06), (_LIP_COLUMNS, 0.04, 0.04))


def viseme_track(timings: Timings, rate: Fraction, count: int) -> Floats:
    """Return the coefficients (*count*, 52) that speak *timings* at *rate*; the first and last are the resting pose."""
    track = blend_visemes(timings, frame_times(rate, count) + _MOUTH_LEAD_S)
    # Lips meet as early, but part with the sound that they let out.
    teeth, lips = (
        [(start - _MOUTH_LEAD_S, end) for start, end in phone_spans(timings, symbols)]
        for symbols in (LABIODENTALS, BILABIALS)
    )
    return apply_contacts(track, teeth, lips, rate)


def frame_times(rate: Fraction, count: int) -> Times:
    """Return the time (*count*,) at which each frame is seen: its middle, in seconds."""
    return np.asarray((np.arange(count) + 0.5) / float(rate), np.float64)


def phone_spans(timings: Timings, symbols: tuple[str, ...]) -> list[Span]:
    """Return when each phoneme of *timings* that is one of *symbols* starts and ends."""
    return [(phone.start, phone.end) for phone in timings.phones if phone.symbol in symbols]


def blend_visemes(timings: Timings, times: Times) -> Times:
    """Return the coefficients (n, 52) that *timings* ask for at *times* (n,) in seconds, before lips or teeth touch."""
    return _blend_dominance(timings, times)


def apply_contacts(track: Times, teeth: list[Span], lips: list[Span], rate: Fraction) -> Floats:
    """Return *track* (n, 52) with the contacts of *teeth* on lip and of both *lips* made, at rest in both ends."""
    count, times = len(track), frame_times(rate, len(track))
    for touching, name in ((teeth, "teeth"), (lips, "lips")):
        contact = _contact_weight(touching, times)[:, None]
        # Rounding stays: lips close on the M of "moon" already pushed forward.
        kept = np.where(np.isin(np.arange(len(NAMES)), _ROUNDING_COLUMNS), track * 0.8, CONTACTS[name])
        track = track + contact * (kept - track)
    track[:, INDEX["jawOpen"]] = np.minimum(track[:, INDEX["jawOpen"]], MAX_JAW_OPEN)
    return np.asarray(track * rest_envelope(count, rate, _REST_RAMP_S)[:, None], np.float32)


def rest_envelope(count: int, rate: Fraction, seconds: float) -> Floats:
    """Return an envelope (*count*,) that is exactly 0 at both ends and 1 at least *seconds* away from them."""
    frames = np.arange(count)
    from_edge = np.minimum(frames, count - 1 - frames) / max(1.0, min(seconds * float(rate), count / 3))
    eased = np.clip(from_edge, 0, 1)
    return np.asarray(eased * eased * (3 - 2 * eased), np.float32)


def _blend_dominance(timings: Timings, times: Times) -> Times:
    claims = list(_viseme_intervals(timings))
    if not claims:
        return np.zeros((len(times), len(NAMES)))
    starts, ends = np.array([c[1] for c in claims]), np.array([c[2] for c in claims])
    shapes = np.stack([c[0].shape for c in claims]).astype(np.float64)
    before, after = starts[None] - times[:, None], times[:, None] - ends[None]
    track = np.zeros((len(times), len(NAMES)))
    for columns, lead, lag in _DOMINANCE_DECAY_S:
        strength = np.array([c[0].jaw if columns is _JAW_COLUMNS else c[0].lips for c in claims])
        pull = strength * np.exp(-np.maximum(before, 0) / lead - np.maximum(after, 0) / lag)
        # A thin floor of rest keeps a moment far from every claim from being decided by rounding errors.
        track[:, columns] = pull @ shapes[:, columns] / (pull.sum(axis=1, keepdims=True) + 1e-6)
    return track


def _viseme_intervals(timings: Timings) -> list[tuple[Viseme, float, float]]:
    """Return each shape with the core of its time: the middle half of its share of the phoneme."""
    claims = []
    for phone in timings.phones:
        shapes = VISEMES.get(phone.symbol, (_VELAR,))
        share = (phone.end - phone.start) / len(shapes)
        for place, viseme in enumerate(shapes):
            start = phone.start + place * share
            claims.append((viseme, start + share * 0.25, start + share * 0.75))
    return claims


def _contact_weight(touching: list[Span], times: Times) -> Times:
    """Return how far (0 to 1) each moment is in a contact; every contact is complete in at least one frame."""
    contact = np.zeros(len(times))
    for start, end in touching:
        middle = (start + end) / 2
        met, parts = min(start + _CONTACT_ONSET_S, middle), max(end - _CONTACT_RELEASE_S, middle)
        near = np.clip(1 - np.maximum(met - times, times - parts) / _CONTACT_RAMP_S, 0, 1)
        near[np.abs(times - middle).argmin()] = 1
        contact = np.maximum(contact, near * near * (3 - 2 * near))
    return contact
