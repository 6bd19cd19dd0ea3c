"""Speech by the models of coqui-tts, loaded from a folder and never from the network."""

from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError
from avatar.voices.backends.coqui_hardening import harden_coqui, seeded_torch, wrap_load_errors
from avatar.voices.backends.model_folder import CONFIG, ENCODER, ENCODER_CONFIG, ModelFolder

# Those whose files the library reads as tensors: bark and tortoise unpickle, or download while they load, and the
# vocoders wavegrad and wavernn unpickle.
TTS_NETWORKS = ("fast_pitch", "glow_tts", "speedy_speech", "tacotron", "tacotron2", "vits", "xtts")
_VOCODER_NAMES = ("gan", "hifigan", "melgan", "fullband_melgan", "multiband_melgan", "parallel_wavegan", "univnet")
_VOCODER_NETWORKS = (*_VOCODER_NAMES, *(f"{name}_generator" for name in _VOCODER_NAMES))
_APPENDED_SILENCE_SAMPLES = 10_000  # samples of silence that the library puts behind what is said
_KEPT_SILENCE_S = 0.1  # seconds of them that are kept


class CoquiVoice:
    """A loaded model. It speaks in the voice of whoever is heard in a reference, or in voices of its own."""

    def __init__(self, network: Any, name: str) -> None:
        self._network, self._name = network, name
        self._speech = network.synthesizer.tts_model

    @property
    def clones(self) -> bool:
        """Whether it speaks in the voice of whoever is heard in a reference."""
        manager = getattr(self._speech, "speaker_manager", None)
        return bool(self._speech.config.supports_cloning) or getattr(manager, "encoder", None) is not None

    @property
    def alone(self) -> bool:
        """Whether it was trained on one person, in whose voice it speaks."""
        config = self._speech.config
        several = (config, config.get("model_args") or {})
        return not self.clones and not any(
            each.get(name) for each in several for name in ("use_d_vector_file", "use_speaker_embedding")
        )

    @property
    def own_voices(self) -> tuple[str, ...]:
        """The names of the voices that it was trained on, if there are several."""
        if self.clones or not self._network.is_multi_speaker:
            return ()
        return tuple(str(name) for name in self._network.speakers)

    def say_as(self, text: str, reference: Path, language: str, seed: int) -> tuple[NDArray[np.float32], int]:
        """Return *text* said in the voice heard in the file *reference*: mono (samples,), and the sample rate in Hz.

        Raises:
            InputError: when the model does not speak *language*; code ``coqui.unknown-language``.
        """
        return self._spoken(text, language, seed, speaker_wav=str(reference))

    def say(self, text: str, speaker: str, language: str, seed: int) -> tuple[NDArray[np.float32], int]:
        """Return *text* said in the model's own voice *speaker*: mono (samples,), and the sample rate in Hz.

        The *speaker* "" is the first or only one.

        Raises:
            InputError: when the model has no such *speaker*; code ``coqui.unknown-speaker``; when it does not speak
                *language*; code ``coqui.unknown-language``.
        """
        if speaker and speaker not in self.own_voices:
            raise InputError(
                f"speaker: {speaker!r} is not a voice of this model; its voices: {', '.join(self.own_voices) or 'one'}",
                code="coqui.unknown-speaker",
            )
        return self._spoken(text, language, seed, speaker=speaker or next(iter(self.own_voices), None))

    def _spoken(self, text: str, language: str, seed: int, **who: str | None) -> tuple[NDArray[np.float32], int]:
        known = self._known(language)
        with seeded_torch(seed):
            sound = self._network.tts(text, language=known, split_sentences=False, **who)
        rate = int(self._network.synthesizer.output_sample_rate)
        said = np.asarray(sound, dtype=np.float32)
        return said[: len(said) - _APPENDED_SILENCE_SAMPLES + round(_KEPT_SILENCE_S * rate)], rate

    def _known(self, language: str) -> str | None:
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
def open_coqui(
    model: Path,
    vocoder: Path | None = None,
    kinds: tuple[str, ...] = TTS_NETWORKS,
    device: str = "cpu",
    _pinned: str = "",
) -> CoquiVoice:
    """Return the public model in the folder *model*, one of *kinds*, on the torch *device*, loaded once in a process.

    The folder holds ``config.json``, a checkpoint, ``vocab.json`` for XTTS, a speaker encoder (``model_se.pth``,
    ``config_se.json``) for YourTTS; *vocoder* is the folder of one, if the model makes spectrograms only.

    Raises:
        WeightsError: when a file is missing; code ``weights.missing``; when one cannot be read safely; code
            ``weights.unreadable``; when the network is another one; code ``weights.other-network``; when a
            configuration names a file or class elsewhere; code ``weights.outside``.
        InputError: when the model reads phonemes and espeak-ng is not installed; code ``coqui.no-phonemizer``.
    """
    speaking = ModelFolder.of(model).holding(*kinds)
    sounding = ModelFolder.of(vocoder).holding(*_VOCODER_NETWORKS) if vocoder else None
    _check_phonemizer(speaking)
    files = _model_files(speaking, sounding)
    harden_coqui()
    from TTS.api import TTS
    from TTS.tts.models.xtts import _legacy_safe_globals

    # Within these, the library reads older XTTS checkpoints as they are; else it would write them anew in their folder.
    with wrap_load_errors(model), _legacy_safe_globals(), ExitStack() as copies:
        files["config_path"] = copies.enter_context(speaking.configuration())
        if sounding:
            files["vocoder_config_path"] = copies.enter_context(sounding.configuration())
        if "encoder_path" in files:
            files["encoder_config_path"] = copies.enter_context(speaking.configuration(ENCODER_CONFIG))
        network = TTS(**{name: str(path) for name, path in files.items()}, progress_bar=False)
    return CoquiVoice(network.to(device), model.name)


def _model_files(speaking: ModelFolder, sounding: ModelFolder | None) -> dict[str, Path]:
    checkpoint = speaking.checkpoint
    # An XTTS is several files, so it loads itself from its folder.
    files = {"model_path": speaking.path if "xtts" in speaking.networks else checkpoint}
    if sounding:
        files["vocoder_path"] = sounding.checkpoint
    if (speaking.path / ENCODER).is_file():
        speaking.file(ENCODER_CONFIG)
        files["encoder_path"] = speaking.path / ENCODER
    if "xtts" in speaking.networks:
        speaking.file("vocab.json")
    return files


def _check_phonemizer(speaking: ModelFolder) -> None:
    """Refuse a model that reads phonemes, where the program that makes them is missing."""
    phonemizer = speaking.said.get("phonemizer") if speaking.said.get("use_phonemes") else None
    if phonemizer == "espeak" and not (which("espeak-ng") or which("espeak")):
        raise InputError(
            f"{speaking.path / CONFIG}: this model reads phonemes, and has espeak-ng make them; install the program "
            "espeak-ng (GPL-3.0, so it does not come with this one), or bring a model that reads letters",
            code="coqui.no-phonemizer",
        )
