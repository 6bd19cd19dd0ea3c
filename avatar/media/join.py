"""Shots become one video: pictures by packet copy, sound joined as samples and encoded once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from avatar.errors import EngineError
from avatar.media.audio import io
from avatar.media.audio.normalize import normalize
from avatar.media.container import open_container, read_packet_index
from avatar.media.encode import BITEXACT_OPTIONS
from avatar.media.frames import Format
from avatar.media.timeline import SAMPLE_RATE, Timeline, sample_of_frame
from avatar.runtime.atomic import atomic_write

if TYPE_CHECKING:
    from av import Packet
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream

_AUDIO_BITS_PER_S = 128_000
_AUDIO_TICK_S = Fraction(1, SAMPLE_RATE)
# Two thirds of the time of the default, and for speech at this rate nearer to it: noise 41 to 49 dB below it, not 24.
_AAC_OPTIONS = {"aac_coder": "fast"}
_PULSE_FRAMES = 50  # frames
# Milliseconds, the default of an mp4's edit lists, would cut the last samples off.
_MUXER_OPTIONS = {**BITEXACT_OPTIONS, "movie_timescale": str(SAMPLE_RATE)}


@dataclass(frozen=True)
class Clip:
    """One stretch of a programme: an mp4 *picture* without sound, and its *sound* at 48 kHz, or ``None`` for a room."""

    picture: Path
    sound: Path | None = None


@dataclass(frozen=True)
class _StreamInfo:
    """What must be the same in all pictures that are joined, and what may differ."""

    format: Format
    header: bytes  # of the H.264 stream: its parameter sets
    count: int
    delay: int  # frames that decoding runs ahead of showing


def join(
    pieces: Sequence[Clip],
    to: Path,
    *,
    loudness: float | None = None,
    pulse: Callable[[float], None] = lambda _: None,
) -> Timeline:
    """Join *pieces* into the mp4 file *to*, ready to stream, and return where each stands.

    *loudness* is the integrated loudness of the whole in LUFS (EBU R128), ``None`` to leave the sound as it is.
    Sound starts with its picture to the sample, and is cut or padded to the picture's length.

    Raises:
        EngineError: when there are no *pieces*; code ``shots.none``; when their formats or encodings differ; code
            ``shots.differ``; when sound and picture end apart; code ``video.out-of-step``.
    """
    import av

    strips = [_read_stream_info(piece.picture) for piece in pieces]
    timeline = _timeline(strips)
    blocks = normalize(lambda: _soundtrack(pieces, timeline), loudness)
    with atomic_write(to) as beside:
        with (
            av.open(str(beside), "w", format="mp4", container_options=_MUXER_OPTIONS) as container,
            open_container(pieces[0].picture) as first,
        ):
            video = container.add_stream_from_template(first.streams.video[0])
            video.time_base = 1 / timeline.rate
            audio = _AudioEncoder(container, blocks)
            for packet, time in _retimed_packets(pieces, timeline, max(strip.delay for strip in strips), video):
                container.mux(packet)
                audio.advance(sample_of_frame(time, timeline.rate))
                if time % _PULSE_FRAMES == 0 or time == timeline.frames:
                    pulse(time / timeline.frames)
            audio.finish()
        _check_lengths(beside, timeline)
    return timeline


def _read_stream_info(picture: Path) -> _StreamInfo:
    with open_container(picture) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        index = read_packet_index(container)
        container.seek(int(index.times[0]), stream=stream)
        first = next(packet for packet in container.demux(stream) if packet.pts is not None)
        ahead = ((first.pts or 0) - (first.dts or 0)) * index.tick * index.rate
        shape = Format(context.width, context.height, index.rate)
        return _StreamInfo(shape, bytes(context.extradata or b""), len(index.times), round(ahead))


def _timeline(strips: Sequence[_StreamInfo]) -> Timeline:
    if not strips:
        raise EngineError("there are no shots to join", code="shots.none")
    first = strips[0]
    for number, strip in enumerate(strips[1:], start=2):
        if strip.format != first.format:
            raise EngineError(
                f"shot 1 is {_describe(first.format)} and shot {number} is {_describe(strip.format)}; make them alike",
                code="shots.differ",
            )
        if strip.header != first.header:
            raise EngineError(f"shot {number} was encoded with other parameters than shot 1", code="shots.differ")
    return Timeline(first.format.rate, tuple(strip.count for strip in strips))


def _describe(shape: Format) -> str:
    return f"{shape.width}x{shape.height} at {shape.rate} frames per second"


def _retimed_packets(
    pieces: Sequence[Clip], timeline: Timeline, delay: int, video: "VideoStream"
) -> Iterator[tuple["Packet[VideoStream]", int]]:
    """Give the packets of all pieces with their new times (one tick a frame), and how many have been given."""
    decoded, tick = 0, 1 / timeline.rate
    for piece, start in zip(pieces, timeline.starts, strict=True):
        with open_container(piece.picture) as container:
            stream = container.streams.video[0]
            assert stream.time_base is not None
            step = float(stream.time_base * timeline.rate)
            packets = (packet for packet in container.demux(stream) if packet.pts is not None)
            for packet in packets:
                packet.pts = start + round((packet.pts or 0) * step)
                packet.dts = decoded - delay
                packet.duration, packet.time_base, packet.stream = 1, tick, video
                decoded += 1
                yield packet, decoded


def _soundtrack(pieces: Sequence[Clip], timeline: Timeline) -> Iterator[io.Sound]:
    for number, piece in enumerate(pieces):
        start, end = timeline.span(number)
        yield from io.fit_length(io.iter_pieces(piece.sound) if piece.sound else (), end - start)


class _AudioEncoder:
    """The sound of a video, encoded just ahead of its pictures so that neither waits in memory for the other."""

    def __init__(self, container: "OutputContainer", blocks: Iterator[io.Sound]) -> None:
        from av.codec.context import Flags

        self._container = container
        self._stream: AudioStream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        self._stream.codec_context.bit_rate = _AUDIO_BITS_PER_S
        self._stream.codec_context.options = _AAC_OPTIONS
        self._stream.codec_context.flags |= Flags.bitexact
        self._blocks = blocks
        self._done = 0

    def advance(self, sample: int) -> None:
        """Encode what sounds before *sample*, and at most a second or two more."""
        while self._done < sample and self._encode(next(self._blocks, None)):
            pass

    def finish(self) -> None:
        """Encode the rest."""
        while self._encode(next(self._blocks, None)):
            pass
        self._container.mux(self._stream.encode(None))

    def _encode(self, block: io.Sound | None) -> bool:
        import av

        if block is None:
            return False
        # As large as it comes: cutting it into what an AAC frame has here would take a third of the time again.
        frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._done, _AUDIO_TICK_S
        self._container.mux(self._stream.encode(frame))
        self._done += len(block)
        return True


def _check_lengths(video: Path, timeline: Timeline) -> None:
    """Compare the lengths of picture and sound as they stand in the finished file."""
    with open_container(video) as container:
        index = read_packet_index(container)
    with open_container(video) as container:
        packets = container.demux(container.streams.audio[0])
        # What stands before zero is the encoder's run-up, which players skip.
        heard = sum(packet.duration or 0 for packet in packets if packet.pts is not None and packet.pts >= 0)
    apart = abs(Fraction(heard, SAMPLE_RATE) - int(index.slots[-1]) / index.rate)
    if len(index.times) != timeline.frames or index.rate != timeline.rate or apart > 1 / timeline.rate:
        raise EngineError(f"sound and picture differ by {float(apart):.3f} s at the end", code="video.out-of-step")
