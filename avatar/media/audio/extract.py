"""The sound of a video file."""

from pathlib import Path

import numpy as np

from avatar.errors import InputError
from avatar.media.audio.io import Sound
from avatar.media.audio.resample import resample
from avatar.media.container import open_container
from avatar.media.timeline import SAMPLE_RATE


def extract_audio(video: Path) -> Sound:
    """Return the sound of the mp4 file *video*: mono, 48 kHz.

    Raises:
        InputError: when it has no sound; code ``sound.missing``; when its sound is damaged; code ``sound.unreadable``.
    """
    import av

    with open_container(video) as container:
        if not container.streams.audio:
            raise InputError(f"{video.name} has no sound; bring a video in which somebody speaks", code="sound.missing")
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        try:
            blocks = [
                block.to_ndarray().mean(axis=0)
                for frame in container.decode(stream)
                for block in resampler.resample(frame)
            ]
        except av.error.FFmpegError as error:
            raise InputError(
                f"the sound of {video.name} is damaged; convert it again", code="sound.unreadable"
            ) from error
        rate = int(stream.rate)
    sound = np.concatenate(blocks) if blocks else np.zeros(0)
    return resample(np.asarray(sound, np.float32), rate, SAMPLE_RATE)
