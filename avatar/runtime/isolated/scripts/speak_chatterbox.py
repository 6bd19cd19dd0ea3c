# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "chatterbox-tts==0.1.7",
#   "librosa==0.11.0",
#   "numpy==1.26.4",
#   "setuptools<81",
#   "torch==2.6.0",
#   "torchaudio==2.6.0",
#   "transformers==5.2.0",
# ]
# ///
"""Speaks with Chatterbox, in its own environment: ``uv run --script``."""

import tempfile
from pathlib import Path
from typing import Any

from isolated_worker import Question, Sound, serve

# What is pinned; the folder may hold more, like the voice of somebody else (conds.pt), which is not to be read.
_FILES = ("ve.safetensors", "t3_cfg.safetensors", "s3gen.safetensors", "tokenizer.json")


def load(question: Question) -> Any:
    """Return the model in the folder that *question* names."""
    import torch
    from chatterbox.tts import ChatterboxTTS

    folder = Path(question["model"])
    with tempfile.TemporaryDirectory() as pinned:
        for name in _FILES:
            (Path(pinned) / name).symlink_to((folder / name).resolve(strict=True))
        device = question["device"]
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return ChatterboxTTS.from_local(pinned, device)


def say(model: Any, question: Question) -> Sound:
    """Say the words of *question* in the voice of its sample."""
    import torch

    torch.manual_seed(question["seed"])
    sound = model.generate(question["words"], audio_prompt_path=question["sample"])
    return sound.squeeze().tolist(), int(model.sr)


if __name__ == "__main__":
    serve(load, say)
