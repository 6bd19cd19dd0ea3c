"""The files of finished speech."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar.voices.finish import RATE
from avatar.voices.timings import Timings


def write_speech(sound: NDArray[np.float32], timings: Timings, new: Callable[[str], Path]) -> Mapping[str, Path]:
    """Write *sound* (48 kHz, mono, 16 bits) and *timings* to new files, and return them by part name."""
    import soundfile

    wav, json = new("sound.wav"), new("timings.json")
    whole = np.round(np.clip(sound, -1.0, 1.0) * 32767).astype(np.int16)
    soundfile.write(_beside(wav), whole, RATE, subtype="PCM_16", format="WAV")
    _beside(json).write_text(timings.model_dump_json(), encoding="utf-8")
    for path in (wav, json):
        _beside(path).replace(path)
    return {"sound.wav": wav, "timings.json": json}


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")
