import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from avatar.models.weights import locate
from avatar.voices.base.base_tts import BASE_VOICE, BaseTts, Utterance, open_base_tts

PERFORMERS = Path(__file__).parents[2] / "performers"
HELD_OUT = Path(__file__).parents[1] / "data" / "voices"


@pytest.fixture(scope="session")
def speaker() -> BaseTts:
    return open_base_tts(locate(BASE_VOICE))


@pytest.fixture(scope="session")
def said(speaker: BaseTts) -> Callable[[str], Utterance]:
    kept: dict[str, Utterance] = {}

    def say(text: str) -> Utterance:
        if text not in kept:
            kept[text] = speaker.say(text)
        return kept[text]

    return say


@pytest.fixture(scope="session")
def ben() -> tuple[NDArray[np.float32], str]:
    """Ben's statement (24 kHz) and its words."""
    sound, _ = soundfile.read(PERFORMERS / "ben_statement.flac", dtype="float32")
    return sound, (PERFORMERS / "ben_statement.txt").read_text()


@pytest.fixture(scope="session")
def ben_held_out() -> tuple[NDArray[np.float32], str]:
    """Other words of Ben's, which nothing learns from."""
    sound, _ = soundfile.read(HELD_OUT / "ben_heldout.flac", dtype="float32")
    return sound, (HELD_OUT / "ben_heldout.txt").read_text()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody is called: neither a name nor an address is looked up, and no connection is made."""
    called: list[object] = []

    def refuse(*arguments: object, **_named: object) -> None:
        called.append(arguments)
        raise OSError("this test is offline")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    yield
    assert called == []
