"""A real browser with a camera and a microphone that play files."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import soundfile
import uvicorn

from avatar.portal.app import build_app
from avatar.portal.site import PortalState

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "there is no Chromium on this machine; install it to run the browser tests (Debian: apt-get install chromium)"
WIDTH, HEIGHT, RATE = 640, 480, 30  # Chromium plays motion JPEG at this rate, whatever it was made for


@contextmanager
def chromium(camera: Path | None = None, microphone: Path | None = None) -> Iterator:
    """Give a headless Chromium whose camera and microphone play these files (mjpeg, wav)."""
    from playwright.sync_api import sync_playwright

    arguments = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--disable-gpu"]
    if camera:
        arguments.append(f"--use-file-for-fake-video-capture={camera}")
    if microphone:
        arguments.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments, chromium_sandbox=os.geteuid() != 0
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(site: PortalState, port: int) -> Iterator[None]:
    """Serve *site* on this machine for a while."""
    config = uvicorn.Config(build_app(site), host="127.0.0.1", port=port, access_log=False, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_camera(path: Path, pictures: list[np.ndarray], rate: int) -> Path:
    """Write *pictures* (RGB of any size, *rate* a second) as what a camera sees: fitted into 640 x 480."""
    shown = [pictures[number * rate // RATE] for number in range(len(pictures) * RATE // rate)]
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        stream.options = {"qscale": "3"}
        for picture in shown:
            frame = av.VideoFrame.from_ndarray(_fitted(picture), format="rgb24").reformat(format="yuvj420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_microphone(path: Path, sound: np.ndarray, rate: int) -> Path:
    """Write *sound* as what a microphone hears."""
    soundfile.write(path, sound, rate, "PCM_16")
    return path


def _fitted(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    seen = np.full((HEIGHT, WIDTH, 3), 190, np.uint8)
    top, left = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    seen[top : top + small.shape[0], left : left + small.shape[1]] = small
    return seen
