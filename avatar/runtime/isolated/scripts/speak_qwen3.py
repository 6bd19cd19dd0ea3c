# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "accelerate==1.12.0",
#   "librosa==0.11.0",
#   "numpy==2.2.6",
#   "qwen-tts==0.1.1",
#   "torch==2.6.0",
#   "torchaudio==2.6.0",
#   "transformers==4.57.3",
# ]
# ///
"""Speaks with Qwen3-TTS, in its own environment: ``uv run --script``."""

from typing import Any

from isolated_worker import Question, RefusedError, Sound, serve

_LANGUAGES = {
    **{"de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian", "ja": "Japanese"},
    **{"ko": "Korean", "pt": "Portuguese", "ru": "Russian", "zh": "Chinese"},
}


def load(question: Question) -> Any:
    """Return the model in the folder that *question* names."""
    import torch
    from qwen_tts import Qwen3TTSModel

    device = question["device"]
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    exact = torch.bfloat16 if device == "cuda" else torch.float32
    return Qwen3TTSModel.from_pretrained(
        question["model"], device_map=device, dtype=exact, use_safetensors=True, attn_implementation="eager"
    )


def say(model: Any, question: Question) -> Sound:
    """Say the words of *question* in the voice of its sample, whose transcript helps."""
    import torch

    if question["language"] not in _LANGUAGES:
        raise RefusedError(
            "language.not-spoken",
            f"language: {question['language']!r} is not spoken by this model; its languages: {', '.join(_LANGUAGES)}",
        )
    torch.manual_seed(question["seed"])
    sounds, rate = model.generate_voice_clone(
        text=question["words"],
        language=_LANGUAGES[question["language"]],
        ref_audio=question["sample"],
        ref_text=question["transcript"],
    )
    return sounds[0].tolist(), int(rate)


if __name__ == "__main__":
    serve(load, say)
