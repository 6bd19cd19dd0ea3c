from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from avatar.artifacts.artifact import Artifact, Footage, Video
from avatar.artifacts.manifest import Manifest, Work
from avatar.consent import Cleared
from avatar.consent._clearance import mint
from avatar.consent.claims import LedgerPosition
from avatar.engines.publication.c2pa import C2pa
from avatar.errors import CredentialError
from avatar.media.audio.io import write_sound
from avatar.media.encode import encode
from avatar.media.frames import Frames
from avatar.media.join import Clip, join
from avatar.models.weights import Weights
from avatar.provenance.signer import FileSigner, load_signer
from avatar.provenance.trust import Trust
from avatar.provenance.verify import verify
from avatar.stages.render import Publish
from avatar.stages.request import Signer
from avatar.watermark.audio import embed_audio_watermark
from avatar.watermark.video import embed_video_watermark
from tests.media.video_fixtures import spoken, talking

ADA = "p-00000000000000aa"
AT = LedgerPosition("avatar-ledger/test", 7, "c" * 64)


@dataclass(frozen=True)
class Bench:
    """An exit over one folder that holds the video's parts."""

    folder: Path
    manifests: Mapping[str, Manifest]
    signer: Signer
    seed: int = 0
    made: list[Path] = field(default_factory=list)

    def open(self, artifact: Artifact, part: str = "") -> Path:
        return self.folder / (part or artifact.parts[0])

    def parts(self, artifact: Artifact) -> frozenset[str]:
        return frozenset(artifact.parts)

    def new(self, name: str) -> Path:
        self.made.append(self.folder / "new" / name)
        return self.made[-1]

    def ancestry(self, artifact: Artifact) -> Mapping[str, Manifest]:
        return self.manifests

    def frames(self, footage: Footage) -> Frames:
        raise NotImplementedError

    def weight(self, weights: Weights) -> Path:
        raise NotImplementedError

    def pulse(self, done: float) -> None: ...


@pytest.fixture
def signer(tmp_path: Path) -> FileSigner:
    return load_signer(tmp_path / "signing")


@pytest.fixture
def clearance(tmp_path: Path) -> tuple[Cleared[Publish], dict[str, Manifest]]:
    portrait = Manifest(kind="Image", parts={"picture.png": "d" * 64}, people=(ADA,))
    work = Work(
        request="AnimateFace", fields={}, use="animate-face", engine="mesh-warp", options={}, version=3, weights={}
    )
    video = Manifest(kind="Video", parts={}, people=(ADA,), inputs=(portrait.digest,), work=work)
    (tmp_path / "new").mkdir()
    write_mp4(tmp_path, picture=True, sound=True)
    for name in ("captions.vtt", "captions.srt"):
        (tmp_path / name).write_text(name)
    cleared = mint(Publish(Video(video.digest)), ("a" * 64,), AT)
    return cleared, {portrait.digest: portrait, video.digest: video}


def write_mp4(folder: Path, *, picture: bool, sound: bool) -> None:
    """Write one and a half seconds of video, with or without the marks."""
    frames, heard = talking(38), spoken(1.5)
    write_sound(folder / "sound.wav", [embed_audio_watermark(heard, 48_000) if sound else heard])
    encode(embed_video_watermark(frames, 1) if picture else frames, folder / "picture.mp4")
    join([Clip(folder / "picture.mp4", folder / "sound.wav")], folder / "video.mp4")


def test_a_publication_is_signed_and_keeps_its_captions(tmp_path: Path, signer: FileSigner, clearance) -> None:
    cleared, manifests = clearance

    parts = C2pa(title="Notice").run(cleared, Bench(tmp_path, manifests, signer))

    assert {name: path.read_text() for name, path in parts.items() if name != "video.mp4"} == {
        "captions.vtt": "captions.vtt",
        "captions.srt": "captions.srt",
    }
    verdict = verify(parts["video.mp4"], Trust.in_(signer))
    assert [reason.code for reason in verdict.reasons] == ["ledger.not-at-hand"]
    assert verdict.grants == cleared.grants
    assert [(each.person, each.uses) for each in verdict.people] == [(ADA, ("animate-face", "publish"))]


def test_the_credential_names_the_engines_and_the_place_of_the_decision(
    tmp_path: Path, signer: FileSigner, clearance
) -> None:
    cleared, manifests = clearance

    parts = C2pa().run(cleared, Bench(tmp_path, manifests, signer))

    credential = verify(parts["video.mp4"], Trust.in_(signer)).credential
    assert credential
    assert "mesh-warp 3" in [action.software for action in credential.actions]
    assert credential.disclosure
    assert credential.disclosure.decided.model_dump() == {"origin": AT.origin, "index": 7, "digest": AT.digest}


def test_a_signer_nobody_certified_publishes_nothing(tmp_path: Path, signer: FileSigner, clearance) -> None:
    cleared, manifests = clearance
    stranger = FileSigner(chain=signer.chain, root=load_signer(tmp_path / "others").root, key=signer.key)
    bench = Bench(tmp_path, manifests, stranger)

    with pytest.raises(CredentialError) as refusal:
        C2pa().run(cleared, bench)
    assert refusal.value.code == "signer.unknown-root"
    assert not any(path.exists() for path in bench.made)


@pytest.mark.parametrize(
    ("marked", "said"),
    [({"picture": False, "sound": True}, "the picture"), ({"picture": True, "sound": False}, "the sound")],
)
def test_a_video_without_both_marks_is_neither_signed_nor_published(
    tmp_path: Path, signer: FileSigner, clearance, marked: dict[str, bool], said: str
) -> None:
    cleared, manifests = clearance
    write_mp4(tmp_path, **marked)
    bench = Bench(tmp_path, manifests, signer)

    with pytest.raises(CredentialError, match=said) as refusal:
        C2pa().run(cleared, bench)
    assert refusal.value.code == "mark.not-found"
    assert not bench.made
