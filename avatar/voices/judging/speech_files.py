"""The files of finished speech."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from avatar.media.audio.loudness import RATE
from avatar.runtime.atomic import atomic_write, write_text
from avatar.voices.judging.take_gate import FinishedTake


def write_speech(spoken: FinishedTake, new: Callable[[str], Path]) -> Mapping[str, Path]:
    """Write the sound (48 kHz, mono, 16 bits), timings and scores to new files, and return them by part name."""
    import soundfile

    parts = {name: new(name) for name in ("sound.wav", "timings.json", "scores.json")}
    whole = np.round(np.clip(spoken.sound, -1.0, 1.0) * 32767).astype(np.int16)
    with atomic_write(parts["sound.wav"]) as draft:
        soundfile.write(draft, whole, RATE, subtype="PCM_16", format="WAV")
    write_text(parts["timings.json"], spoken.timings.model_dump_json())
    write_text(parts["scores.json"], spoken.scores.model_dump_json())
    return parts
