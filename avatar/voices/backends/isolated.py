"""Voices that speak in a process and an environment of their own."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from avatar.errors import EngineError, WeightsError
from avatar.runtime.isolated.client import IsolatedWorker
from avatar.voices.backends.cloning import Floats, Reference, Say, VoiceWorkbench

_MAX_LINE_S = 120  # seconds of sound: a line is a sentence
_SAMPLE_RATES_HZ = range(8_000, 48_001)  # samples per second
_PICKLE_SUFFIXES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}

_workers: dict[Path, tuple[Mapping[str, Any], IsolatedWorker]] = {}  # at most one of each script: they hold gigabytes
_workers_lock = threading.Lock()


def open_worker(script: Path, model: Path, sha256: str, device: str) -> IsolatedWorker:
    """Return the process of *script* with the *model* (a folder of digest *sha256*) on *device*, started when asked.

    There is one in our own process; another model ends it.
    """
    wanted = {"model": str(model), "device": device, "sha256": sha256}
    with _workers_lock:
        if script in _workers and _workers[script][0] != wanted:
            _workers.pop(script)[1].stop()
        if script not in _workers:
            _workers[script] = wanted, IsolatedWorker(script, {"model": str(model), "device": device})
        return _workers[script][1]


def speak_isolated(worker: IsolatedWorker, language: str, bench: VoiceWorkbench, seconds: float) -> Say:
    """Return how *worker* speaks at *bench*; an answer takes *seconds* at most. The bench's pulse is asked meanwhile.

    Raises:
        EngineError: when the worker's answer is not one line of speech; code ``isolated.sound``; or as the worker.
    """

    def say(words: str, reference: Reference, seed: int) -> tuple[Floats, int]:
        sound = bench.new(f"isolated-{seed}.wav")
        question = {
            **{"do": "say", "words": words, "sample": str(reference.sound), "transcript": reference.transcript},
            **{"language": language, "seed": seed % 2**32, "sound": str(sound)},
        }
        worker.ask(question, within=seconds, go=lambda: bench.pulse(0.3))
        return _read_answer(sound)

    return say


def refuse_pickles(folder: Path) -> None:
    """Refuse a model folder with files that are read by running what they bring.

    Raises:
        WeightsError: when there is one; code ``weights.unreadable``.
    """
    found = next((path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _PICKLE_SUFFIXES), None)
    if found is not None:
        raise WeightsError(
            f"{found} is a pickle, which would run what it brings, and is not read; bring safetensors alone",
            code="weights.unreadable",
        )


def _read_answer(path: Path) -> tuple[Floats, int]:
    import soundfile

    try:
        facts = soundfile.info(path)
        if facts.samplerate not in _SAMPLE_RATES_HZ or facts.channels != 1 or facts.duration > _MAX_LINE_S:
            raise ValueError("not one line of speech")
        sound, rate = soundfile.read(path, dtype="float32")
    except (soundfile.LibsndfileError, ValueError, OSError) as error:
        raise EngineError(
            "the isolated engine did not write one line of speech (mono wav, 8 to 48 kHz, two minutes at most); its "
            "author must fix it",
            code="isolated.sound",
        ) from error
    return np.asarray(sound, dtype=np.float32), int(rate)
