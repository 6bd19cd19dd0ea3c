"""Speech recognition in many languages by a Whisper that the user brings.

Any folder of a ``WhisperForConditionalGeneration`` saved by transformers serves (openai/whisper-small: Apache-2.0).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.media.audio.resample import resample
from avatar.runtime.threads import one_thread
from avatar.runtime.torchaudio_shim import install_torchaudio_shim

_SAMPLE_RATE_HZ = 16_000  # samples per second, as it hears
_WINDOW_SAMPLES = 30 * _SAMPLE_RATE_HZ  # samples: what it hears at a time
_MAX_TOKENS_PER_S = 10  # tokens a second: nobody says more, and a model that does is repeating itself


def transcribe_with_whisper(sound: NDArray[np.float32], rate: int, model: Path, language: str) -> str:
    """Return the words of *language* heard in the mono *sound* (samples,) at *rate* Hz by the folder *model*.

    Raises:
        InputError: when the model does not hear *language*; code ``recogniser.language``.
    """
    import torch

    features, network, tokenizer = _load(model)
    spoken = supported_languages(network.generation_config)
    if language not in spoken:
        raise InputError(
            f"recogniser: {model.name} does not hear {language!r}; it hears {', '.join(spoken)}; bring another one",
            code="recogniser.language",
        )
    heard = resample(sound, rate, _SAMPLE_RATE_HZ)
    pieces = []
    for start in range(0, len(heard), _WINDOW_SAMPLES):
        piece = heard[start : start + _WINDOW_SAMPLES]
        mel = features(piece, sampling_rate=_SAMPLE_RATE_HZ, return_tensors="pt").input_features
        many = len(spoken) > 1
        asked = {"language": language, "task": "transcribe"} if many else {}
        longest = min(_MAX_TOKENS_PER_S * len(piece) // _SAMPLE_RATE_HZ + 8, network.config.max_target_positions - 8)
        with one_thread(), torch.inference_mode():
            tokens = network.generate(mel, max_new_tokens=longest, do_sample=False, num_beams=1, **asked)
        pieces.append(tokenizer.decode(tokens[0], skip_special_tokens=True).strip())
    return " ".join(piece for piece in pieces if piece)


def supported_languages(config: Any) -> tuple[str, ...]:
    """Return the languages of a model with this generation *config*: English, where it says nothing of others."""
    known = getattr(config, "lang_to_id", None) or {"<|en|>": 0}
    return tuple(sorted(str(name).strip("<|>") for name in known))


@lru_cache(maxsize=1)
def _load(folder: Path) -> tuple[Any, Any, Any]:
    install_torchaudio_shim()
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer

    network: Any = WhisperForConditionalGeneration.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    network.eval()
    features = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
    return features, network, WhisperTokenizer.from_pretrained(folder, local_files_only=True)
