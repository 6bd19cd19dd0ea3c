"""Make ``avatar/voices/cohort.npz``: how voices of nobody real sound to the two speaker encoders (dev-time).

Usage: python tools/make_cohort.py OUT.npz

They are the synthetic performers.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from avatar.models.weights import pull
from avatar.voices.judging.speaker_embedding import DVECTOR, GE2E, open_speaker_encoders

_PERFORMERS = Path(__file__).parents[1] / "performers"


def main() -> None:
    """Write the file."""
    encoders = open_speaker_encoders(pull(GE2E), pull(DVECTOR))
    sounds = [soundfile.read(path, dtype="float32") for path in sorted(_PERFORMERS.glob("*_statement.flac"))]
    prints = [encoders.print_of(*sound).directions for sound in sounds]
    np.savez_compressed(Path(sys.argv[1]), directions=np.stack(prints).astype(np.float16))


if __name__ == "__main__":
    main()
