"""Publish with a C2PA credential."""

from dataclasses import dataclass
from importlib import metadata
from typing import ClassVar

from avatar.consent import Cleared
from avatar.models.weights import Weights
from avatar.provenance.signing import sign
from avatar.provenance.statement import Agreement, build_statement, with_shots
from avatar.stages.catalogue import C2PA_ACTIONS
from avatar.stages.render import Publish
from avatar.stages.request import Parts, PublicationWorkbench
from avatar.watermark.audio import SOUND_MARK
from avatar.watermark.verify import require_watermarks


@dataclass(frozen=True)
class C2pa:
    """Sign the video with a C2PA 2.4 credential: what was done, on whose agreement, decided where in the ledger.

    *title* is shown by viewers of credentials, for all to read; *time_stamps* is the URL of an RFC 3161 authority,
    empty for none. Before anything is signed, both marks are read back from the finished video: without them it stays.
    """

    version: ClassVar[int] = 3
    weights: ClassVar[tuple[Weights, ...]] = (SOUND_MARK,)

    title: str = ""
    time_stamps: str = ""

    def run(self, cleared: Cleared[Publish], bench: PublicationWorkbench) -> Parts:
        video = cleared.request.video
        marks = require_watermarks(bench.open(video, "video.mp4"))
        said = build_statement(
            video.digest,
            bench.ancestry(video),
            Agreement(cleared.grants, cleared.at),
            C2PA_ACTIONS,
            release=metadata.version("avatar-pipeline"),
            title=self.title,
        )
        signed = sign(
            bench.open(video, "video.mp4"),
            bench.new("signed.mp4"),
            statement=with_shots(said, marks.picture.shots),
            signer=bench.signer,
            time_stamps=self.time_stamps,
        )
        return {"video.mp4": signed, **{name: bench.open(video, name) for name in bench.parts(video) - {"video.mp4"}}}
