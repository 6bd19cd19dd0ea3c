"""Speech by the models of coqui-tts, loaded from a folder and never from the network."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError, WeightsError
from avatar.voices.plain_audio import allow_plain_audio

# As the public models name their files, in the order they are looked for.
_CHECKPOINTS = ("model.pth", "model_file.pth", "best_model.pth", "model_file.pth.tar")
_ENCODER, _ENCODER_CONFIG = "model_se.pth", "config_se.json"
# Those whose files the library reads as tensors. Others (bark, tortoise) unpickle, or download while they load.
_READ_AS_TENSORS = ("fast_pitch", "glow_tts", "speedy_speech", "tacotron", "tacotron2", "vits", "xtts")
# What a configuration may have the library open while it loads, from anywhere that a URL can name.
_OPENED = ("d_vector_file", "language_ids_file", "speaker_encoder_config_path", "speaker_encoder_model_path")
_ALSO_OPENED = ("mel_statistics_parameter_path", "speakers_file", "stats_path")


class CoquiVoice:
    """A loaded model, which speaks in the voice of whoever is heard in a reference."""

    def __init__(self, network: Any, name: str) -> None:
        self._network, self._name = network, name

    def say(self, text: str, reference: Path, language: str, seed: int) -> tuple[NDArray[np.float32], int]:
        """Say *text* in the voice heard in the sound file *reference*; return the sound and its samples per second.

        Raises: InputError, with code ``coqui.cannot-clone`` or ``coqui.unknown-language``.
        """
        import torch

        self._refuse_strangers()
        spoken = self._spoken(language)
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(seed)
            sound = self._network.tts(text, language=spoken, speaker_wav=str(reference), split_sentences=False)
        return np.asarray(sound, dtype=np.float32), int(self._network.synthesizer.output_sample_rate)

    def _refuse_strangers(self) -> None:
        """Refuse a model that would speak in somebody else's voice: only who agreed may be heard."""
        speech = self._network.synthesizer.tts_model
        manager = getattr(speech, "speaker_manager", None)
        if not (speech.config.supports_cloning or getattr(manager, "encoder", None) is not None):
            raise InputError(
                f"model: {self._name!r} cannot clone a voice from a sample; use an XTTS, or a YourTTS with its speaker "
                f"encoder ({_ENCODER}, {_ENCODER_CONFIG})",
                code="coqui.cannot-clone",
            )

    def _spoken(self, language: str) -> str | None:
        if not self._network.is_multi_lingual:
            return None
        known = [str(each) for each in self._network.languages]
        if language not in known:
            raise InputError(
                f"language: {language!r} is not spoken by this model; its languages: {', '.join(known)}",
                code="coqui.unknown-language",
            )
        return language


@lru_cache(maxsize=1)
def open_coqui(model: Path, vocoder: Path | None = None) -> CoquiVoice:
    """Return the public model in the folder *model*, loaded once in a process.

    The folder holds ``config.json``, a checkpoint, ``vocab.json`` for XTTS, a speaker encoder (``model_se.pth``,
    ``config_se.json``) for YourTTS; *vocoder* is the folder of one, if the model makes spectrograms only.

    Raises: WeightsError, with code ``weights.missing``, ``weights.unreadable``, ``weights.other-network`` or
    ``weights.outside``.
    """
    kind = _checked(model)
    if vocoder:
        _checked(vocoder)
    allow_plain_audio()
    from TTS.api import TTS

    config = model / "config.json"
    whole = kind == "xtts"  # several files, so it loads itself from its folder
    encoder = model / _ENCODER
    network = TTS(
        model_path=str(model if whole else _checkpoint(model)),
        config_path=str(config),
        vocoder_path=str(_checkpoint(vocoder)) if vocoder else None,
        vocoder_config_path=str(vocoder / "config.json") if vocoder else None,
        encoder_path=str(encoder) if encoder.is_file() else None,
        encoder_config_path=str(model / _ENCODER_CONFIG) if encoder.is_file() else None,
        progress_bar=False,
    )
    return CoquiVoice(network, model.name)


def _checked(folder: Path) -> str:
    """Return what kind of model the configurations in *folder* describe; refuse any that would call somebody."""
    kind = ""
    for path in sorted(folder.glob("*.json")):
        try:
            said = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise WeightsError(
                f"{path} is not JSON; bring the original file again", code="weights.unreadable"
            ) from error
        for name, value in _opened(said):
            if "://" in value:
                raise WeightsError(
                    f"{path} has {name!r} lie at {value!r}; models load from their folder alone: bring that file, and "
                    "name it there",
                    code="weights.outside",
                )
        if path.name == "config.json" and isinstance(said, dict):
            kind = str(said.get("model", ""))
    if kind and kind not in _READ_AS_TENSORS and not kind.endswith(("_generator", "gan")):
        raise WeightsError(
            f"{folder} holds a {kind!r}, which is not read as tensors alone; bring one of "
            f"{', '.join(_READ_AS_TENSORS)}",
            code="weights.other-network",
        )
    return kind


def _opened(said: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and value of every field of the JSON value *said* that the library may open."""
    if isinstance(said, dict):
        for name, value in said.items():
            if name in (*_OPENED, *_ALSO_OPENED):
                yield from ((name, str(each)) for each in (value if isinstance(value, list) else [value]))
            yield from _opened(value)
    elif isinstance(said, list):
        for value in said:
            yield from _opened(value)


def _checkpoint(folder: Path) -> Path:
    for name in _CHECKPOINTS:
        if (folder / name).is_file():
            return folder / name
    raise WeightsError(
        f"no checkpoint in {folder}; bring one of {', '.join(_CHECKPOINTS)} from where its config.json came",
        code="weights.missing",
    )
