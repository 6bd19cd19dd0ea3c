"""Make ``avatar/voices/cohort.npz``: how voices of nobody real sound to the two speaker encoders (dev-time).

Usage: python tools/make_cohort.py OUT.npz

They are the synthetic performers.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from avatar.voices.voiceprint import FIRST, SECOND, open_encoders
from avatar.weights import pull

_PERFORMERS = Path(__file__).parents[1] / "performers"


def main() -> None:
    """Write the file."""
    encoders = open_encoders(pull(FIRST), pull(SECOND))
    sounds = [soundfile.read(path, dtype="float32") for path in sorted(_PERFORMERS.glob("*_statement.flac"))]
    prints = [encoders.print_of(*sound).directions for sound in sounds]
    np.savez_compressed(Path(sys.argv[1]), directions=np.stack(prints).astype(np.float16))


if __name__ == "__main__":
    main()
