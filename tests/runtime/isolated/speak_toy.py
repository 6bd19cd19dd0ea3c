# /// script
# requires-python = ">=3.10"
# dependencies = []
# ///
"""Keeps the protocol with a voice of three sines; words in brackets make it misbehave."""

import math
import os
import socket
import sys
import time
from pathlib import Path

from isolated_worker import RefusedError, serve


def load(question):
    folder = Path(question["model"])
    (folder / "config.json").read_text()
    with (folder / "opened").open("a") as file:
        file.write("x")
    return folder


def say(folder, question):
    sys.stdout.write("libraries say what they like\n")
    sys.stdout.flush()
    words = question["words"]
    if "[sample]" in words or (folder / "speaks-the-sample").exists():
        return read(question["sample"])
    if "[crash]" in words:
        os._exit(3)
    if "[crash once]" in words and not (folder / "crashed").exists():
        (folder / "crashed").touch()
        os._exit(3)
    if "[hang]" in words:
        (folder / "working").write_text(str(os.getpid()))
        time.sleep(600)
    if "[lie]" in words:
        os.write(ANSWERS, b"this is no answer\n")
    if "[other]" in words:
        os.write(ANSWERS, b'{"id": 999}\n')
    if "[refuse]" in words:
        raise RefusedError("language.not-spoken", "language: 'xx' is not spoken\x1b[31m by this model")
    if "[odd code]" in words:
        raise RefusedError("CONSENT given!", "whatever")
    if "[fail]" in words:
        raise ValueError(f"cannot say {words}")
    if "[call]" in words:
        socket.create_connection(("127.0.0.1", 9))
    if "[environment]" in words:
        raise RefusedError("isolated.told", " ".join(sorted(os.environ)))
    if "[nothing]" in words:
        return [], 24_000
    if "[fast]" in words:
        return [0.1] * 96_000, 96_000
    pitch = 100 + question["seed"] % 50
    return [sum(0.2 * math.sin(2 * math.pi * pitch * k * i / 24_000) for k in (1, 2, 3)) for i in range(12_000)], 24_000


def read(path):
    import array
    import wave

    with wave.open(path) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
        return [sample / 32768 for sample in samples], file.getframerate()


if __name__ == "__main__":
    ANSWERS = os.dup(1)
    serve(load, say)
