"""The files of finished speech."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from avatar.media.audio.loudness import RATE
from avatar.voices.judging.take_gate import FinishedTake


def write_speech(spoken: FinishedTake, new: Callable[[str], Path]) -> Mapping[str, Path]:
    """Write the sound (48 kHz, mono, 16 bits), timings and scores to new files, and return them by part name."""
    import soundfile

    parts = {name: new(name) for name in ("sound.wav", "timings.json", "scores.json")}
    whole = np.round(np.clip(spoken.sound, -1.0, 1.0) * 32767).astype(np.int16)
    soundfile.write(_part_path(parts["sound.wav"]), whole, RATE, subtype="PCM_16", format="WAV")
    _part_path(parts["timings.json"]).write_text(spoken.timings.model_dump_json(), encoding="utf-8")
    _part_path(parts["scores.json"]).write_text(spoken.scores.model_dump_json(), encoding="utf-8")
    for path in parts.values():
        _part_path(path).replace(path)
    return parts


def _part_path(path: Path) -> Path:
    return path.with_name(path.name + ".part")
