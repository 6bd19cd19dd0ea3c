"""Voice conversion: speech in somebody's voice becomes the same speech, at the same times, in another's.

Three public models, each from one folder: OpenVoice, FreeVC and kNN-VC.
"""

from abc import ABC, abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from avatar.media.audio.resample import resample
from avatar.voices.backends.coqui_hardening import harden_coqui, local_companions, seeded_torch, wrap_load_errors
from avatar.voices.backends.model_folder import ModelFolder

Floats = NDArray[np.float32]  # (samples,), mono, full scale at 1.0

_WAVLM = "WavLM-Large.pt"
_HIFIGAN = ("hifigan", "gan", "hifigan_generator")
_FREEVC_ENCODER = "speaker_encoder.pt"


class Converter(ABC):
    """A loaded conversion model; *heard* and *rate* are the samples per second that it takes and gives."""

    heard: int
    rate: int

    def __init__(self, network: Any, device: str = "cpu") -> None:
        self._network, self._device = network, device

    @final
    def voice_of(self, sound: Floats, rate: int) -> Any:
        """Return the voice heard in *sound* at *rate* Hz, in the form that this model knows voices in."""
        return self._voice(self._taken(sound, rate))

    @final
    def converted(self, sound: Floats, rate: int, voice: Any, seed: int) -> Floats:
        """Return *sound* at *rate* Hz said in *voice* (see ``voice_of``), as long as it was, at ``self.rate`` Hz."""
        with seeded_torch(seed):
            made = self._sound(self._taken(sound, rate), voice)
        said = np.asarray(made.detach().cpu().numpy(), dtype=np.float32).reshape(-1)
        due = round(len(sound) / rate * self.rate)
        return np.pad(said[:due], (0, max(due - len(said), 0)))

    @abstractmethod
    def _voice(self, sound: Any) -> Any: ...

    @abstractmethod
    def _sound(self, sound: Any, voice: Any) -> Any: ...

    def _taken(self, sound: Floats, rate: int) -> Any:
        import torch

        return torch.from_numpy(np.ascontiguousarray(resample(sound, rate, self.heard)))[None].to(self._device)


class _OpenVoice(Converter):
    """Tone of voice: 256 numbers; the melody stays."""

    def _voice(self, sound: Any) -> Any:
        return self._network.extract_se(sound)[0]

    def _sound(self, sound: Any, voice: Any) -> Any:
        own, spectrum = self._network.extract_se(sound)
        return self._network.inference(spectrum, {"g_src": own, "g_tgt": voice})["model_outputs"]


class _FreeVC(Converter):
    """What is said, by WavLM, and whose voice it is, by a speaker encoder."""

    def _voice(self, sound: Any) -> Any:
        return self._network._extract_target_se([sound])

    def _sound(self, sound: Any, voice: Any) -> Any:
        return self._network.inference(self._network.extract_wavlm_features(sound), g=voice)


class _KnnVC(Converter):
    """Every 20 ms become the mean of the nearest 20 ms in the person's sample, as WavLM hears them."""

    def __init__(self, network: Any, device: str, vocoder: Any) -> None:
        super().__init__(network, device)
        self._vocoder = vocoder

    def _voice(self, sound: Any) -> Any:
        return self._network.get_matching_set([sound], vad_trigger_level=0)

    def _sound(self, sound: Any, voice: Any) -> Any:
        return self._vocoder.inference(self._network.match(self._network.get_features(sound), voice))


@lru_cache(maxsize=1)
def open_openvoice(model: Path, device: str = "cpu", _pinned: str = "") -> Converter:
    """Return the OpenVoice in the folder *model*: ``config.json`` and ``checkpoint.pth`` of its converter.

    Raises:
        WeightsError: when a file is missing; code ``weights.missing``; when one cannot be read safely; code
            ``weights.unreadable``; when the model is another one; code ``weights.other-network``.
    """
    folder = ModelFolder.of(model).holding()
    harden_coqui()
    from TTS.vc.configs.openvoice_config import OpenVoiceArgs, OpenVoiceConfig
    from TTS.vc.models.openvoice import OpenVoice

    with wrap_load_errors(model):
        said = folder.said.get("model") or {}
        known = {name: value for name, value in said.items() if name in OpenVoiceArgs.__dataclass_fields__}
        network = OpenVoice(OpenVoiceConfig(model_args=OpenVoiceArgs(**known)))
        network.load_checkpoint(network.config, str(folder.checkpoint), eval=True)
    converter = _OpenVoice(network.to(device), device)
    converter.heard, converter.rate = network.config.audio.input_sample_rate, network.config.audio.output_sample_rate
    return converter


@lru_cache(maxsize=1)
def open_freevc(model: Path, device: str = "cpu", _pinned: str = "") -> Converter:
    """Return the FreeVC in the folder *model*: ``config.json``, a checkpoint, ``WavLM-Large.pt``.

    One that hears the person by an encoder of its own (``use_spk``) brings ``speaker_encoder.pt`` as well.

    Raises:
        WeightsError: when a file is missing; code ``weights.missing``; when one cannot be read safely; code
            ``weights.unreadable``; when the model is another one; code ``weights.other-network``.
    """
    folder = ModelFolder.of(model).holding("freevc")
    checkpoint, wavlm = folder.checkpoint, folder.file(_WAVLM)
    encoder = model / _FREEVC_ENCODER
    harden_coqui()
    from TTS.config import load_config
    from TTS.vc.models.freevc import FreeVC

    with (
        wrap_load_errors(model),
        folder.configuration() as path,
        local_companions(wavlm, encoder if encoder.is_file() else None),
    ):
        network = FreeVC(load_config(path))
        _load_tensors(network, checkpoint, without=("wavlm.", "enc_spk_ex."))
    converter = _FreeVC(network.eval().to(device), device)
    converter.heard, converter.rate = network.config.audio.input_sample_rate, network.config.audio.output_sample_rate
    return converter


@lru_cache(maxsize=1)
def open_knnvc(model: Path, device: str = "cpu", _pinned: str = "") -> Converter:
    """Return the kNN-VC in the folder *model*: its HiFi-GAN (``config.json`` and checkpoint) and ``WavLM-Large.pt``.

    Raises:
        WeightsError: when a file is missing; code ``weights.missing``; when one cannot be read safely; code
            ``weights.unreadable``; when the model is another one; code ``weights.other-network``.
    """
    folder = ModelFolder.of(model).holding(*_HIFIGAN)
    checkpoint, wavlm = folder.checkpoint, folder.file(_WAVLM)
    harden_coqui()
    from TTS.config import load_config
    from TTS.vc.configs.knnvc_config import KNNVCConfig
    from TTS.vc.models.knnvc import KNNVC
    from TTS.vocoder.models import setup_model

    with wrap_load_errors(model), folder.configuration() as path, local_companions(wavlm):
        network = KNNVC(KNNVCConfig()).eval()
        config = load_config(path)
        vocoder = setup_model(config)
        vocoder.load_checkpoint(config, str(checkpoint), eval=True)
    converter = _KnnVC(network.to(device), device, vocoder.eval().to(device))
    converter.heard, converter.rate = network.config.audio.sample_rate, int(config.audio["sample_rate"])
    return converter


def open_converter(model: Path, device: str = "cpu", pinned: str = "") -> Converter:
    """Return the conversion model in the folder *model*, whichever of the three its configuration describes.

    Raises:
        WeightsError: when a file is missing; code ``weights.missing``; when one cannot be read safely; code
            ``weights.unreadable``; when the model is another one; code ``weights.other-network``.
    """
    networks = ModelFolder.of(model).networks
    if not networks:
        return open_openvoice(model, device, pinned)
    return open_freevc(model, device, pinned) if "freevc" in networks else open_knnvc(model, device, pinned)


def _load_tensors(network: Any, checkpoint: Path, without: tuple[str, ...]) -> None:
    """Fill *network* with the tensors in *checkpoint*, which may leave out those whose names begin like *without*."""
    import torch

    stored = torch.load(checkpoint, map_location="cpu", weights_only=True)["model"]
    lacking, strange = network.load_state_dict(stored, strict=False)
    wrong = [name for name in (*lacking, *strange) if not name.startswith(without)]
    if wrong:
        raise ValueError(f"{len(wrong)} tensors are missing or strange, {wrong[0]} among them")
