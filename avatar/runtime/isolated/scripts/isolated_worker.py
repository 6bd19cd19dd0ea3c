"""The worker's side of the protocol; knows nothing but the standard library.

Questions come in on standard input and answers go out on standard output, one JSON object a line. First the worker says
``{"ready": 1}``. Then it is asked

- ``{"id": 1, "do": "open", "model": FOLDER, "device": "auto"}``, answered by ``{"id": 1}``;
- ``{"id": 2, "do": "say", "words": ..., "sample": WAV, "transcript": ..., "language": "en", "seed": 7, "sound": WAV}``,
  answered by ``{"id": 2}`` once the file *sound* is written.

What cannot be done is answered by ``{"id": 2, "refused": CODE, "why": SENTENCE}``. The worker ends when its input does.
"""

import json
import os
import queue
import socket
import sys
import threading
import wave
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

READY = 1  # the version of this protocol

Question = Mapping[str, Any]
Sound = tuple[Iterable[float], int]  # samples between -1 and 1, and how many of them are a second


class RefusedError(Exception):
    """A question that cannot be answered: a *code* of two words, and a sentence for whoever asked."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def serve(load: Callable[[Question], Any], say: Callable[[Any, Question], Sound]) -> None:
    """Answer questions until there are no more: *load* opens a model, *say* speaks with what *load* returned."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    _stay_offline()
    questions = _questions()
    _answer(answers, {"ready": READY})
    model = None
    while True:
        question = questions.get()
        try:
            if question["do"] == "open":
                model = load(question)
            else:
                _write(question["sound"], *say(model, question))
            _answer(answers, {"id": question["id"]})
        except Exception as error:
            code, why = _explained(error)
            _answer(answers, {"id": question["id"], "refused": code, "why": why})


def _questions() -> "queue.SimpleQueue[Question]":
    """Return the questions as they come; when there can be no more, the process ends, whatever it is doing."""
    asked: queue.SimpleQueue[Question] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            asked.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return asked


def _answer(answers: Any, said: Mapping[str, Any]) -> None:
    answers.write(json.dumps(said) + "\n")
    answers.flush()


def _explained(error: Exception) -> tuple[str, str]:
    if isinstance(error, RefusedError):
        return error.code, str(error)
    if isinstance(error, FileNotFoundError):
        return "weights.missing", f"the file {Path(str(error.filename or '')).name!r} is not there"
    # Its kind alone: a library's message may hold the words that were to be said.
    return "isolated.failed", f"it failed with a {type(error).__name__}"


def _write(path: str, samples: Iterable[float], rate: int) -> None:
    whole = array("h", (round(max(-1.0, min(1.0, sample)) * 32767) for sample in samples))
    if sys.byteorder == "big":
        whole.byteswap()
    with wave.open(path + ".part", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(whole.tobytes())
    Path(path + ".part").replace(path)


def _stay_offline() -> None:
    """Refuse every connection to another machine: models are read from their folder, and nobody is told of them."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            raise OSError("this process stays offline")
        connect(self, address)

    setattr(socket.socket, "connect", refuse)  # noqa: B010 - mypy knows it as a method
