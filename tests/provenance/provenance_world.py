"""A signed video of Ada, and what is needed to make one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from avatar.artifacts.manifest import Manifest, Work
from avatar.canonical import digest_of_file
from avatar.consent.claims import LedgerPosition
from avatar.provenance.signer import FileSigner
from avatar.provenance.statement import Agreement
from avatar.provenance.trust import Trust
from avatar.provenance.verdict import LedgerFacts

ADA, BEN = "p-00000000000000aa", "p-00000000000000bb"
GRANTS = ("a" * 64, "b" * 64)
AT = LedgerPosition("avatar-ledger/test", 41, "c" * 64)
AGREEMENT = Agreement(GRANTS, AT)
SCRIPT = "Our Lisbon office closes on Friday."


def make_mp4(path: Path, shade: int = 0) -> Path:
    """Write one second of H.264 and AAC, the index first."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        picture, sound = out.add_stream("libx264", rate=25), out.add_stream("aac", rate=48000, layout="mono")
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        for number in range(25):
            pixels = np.full((64, 64, 3), (shade + number * 8) % 256, np.uint8)
            out.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        for number in range(48):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, number * 1000
            out.mux(sound.encode(frame))
        for stream in (picture, sound):
            out.mux(stream.encode())
    return path


def brought(kind: str, part: str, person: str) -> Manifest:
    return Manifest(kind=kind, parts={part: "d" * 64}, people=(person,))


def made(
    kind: str, request: str, engine: str, inputs: list[Manifest], use: str | None = None, **fields: Any
) -> Manifest:
    people = tuple(sorted({person for each in inputs for person in each.people}))
    work = Work(request=request, fields=fields, use=use, engine=engine, options={}, version=1, weights={})
    return Manifest(kind=kind, parts={"x": "e" * 64}, people=people, inputs=tuple(i.digest for i in inputs), work=work)


def ancestry_of(*, dubbed: bool = False) -> tuple[str, dict[str, Manifest]]:
    """Return a video of Ada, two lines long; *dubbed*: over footage of Ben, with Ada's face put in."""
    sample, portrait = brought("Audio", "sound.wav", ADA), brought("Image", "picture.png", ADA)
    footage = brought("GivenFootage", "footage.mp4", BEN)
    voice = made("VoiceModel", "LearnVoice", "ridge", [sample], "clone-voice")
    found, shots = [sample, portrait, voice], []
    for line in (SCRIPT, "Thank you."):
        speech = made("Speech", "CloneVoice", "adapted", [voice], "clone-voice", line=line)
        if dubbed:
            face = made("Footage", "SwapFace", "mesh-swap", [footage, portrait], "swap-face")
        else:
            face = made("Footage", "AnimateFace", "mesh-warp", [portrait, speech], "animate-face")
        lips = made("Footage", "RefineLips", "mouth-warp", [face, speech], "refine-lips")
        shots.append(made("Shot", "Render", "h264", [lips, speech]))
        found += [speech, face, lips, shots[-1], *([footage] if dubbed else [])]
    video = made("Video", "Assemble", "programme", shots)
    return video.digest, {each.digest: each for each in [*found, video]}


@dataclass(frozen=True)
class World:
    """A signed video, its signer, and a ledger that let it out."""

    folder: Path
    signer: FileSigner
    plain: Path
    signed: Path

    @property
    def trust(self) -> Trust:
        return Trust.in_(self.signer)

    @property
    def entry(self) -> LedgerFacts:
        return LedgerFacts(AT.origin, 42, (ADA,), GRANTS)

    def ledger(self, digest: str) -> LedgerFacts | None:
        return self.entry if digest == digest_of_file(self.signed) else None

    def altered(self, change: Callable[[bytearray], object]) -> Path:
        """Return a copy of the signed video with *change* made to its bytes."""
        data = bytearray(self.signed.read_bytes())
        change(data)
        path = self.folder / "altered.mp4"
        path.write_bytes(data)
        return path
