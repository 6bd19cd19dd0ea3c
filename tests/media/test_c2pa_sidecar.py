"""A file's credential is kept as it is when the file itself comes in clean."""

import io
import json
import random

import pytest
import soundfile
from PIL import Image

from avatar.artifacts.artifact import CREDENTIAL, GivenFootage
from avatar.consent import Use
from avatar.media.encode import encode
from avatar.media.ingest.c2pa_sidecar import credential_in
from avatar.media.ingest.gateway import ingest_footage, ingest_portrait, ingest_sound
from avatar.people import samples
from avatar.provenance.credential import settings
from avatar.provenance.signer import load_signer
from avatar.stages.face import RefineLips
from avatar.stages.registry import EngineSpec
from tests.media.video_fixtures import moving, tone

TYPES = {"png": "image/png", "jpg": "image/jpeg", "wav": "audio/wav", "mp4": "video/mp4"}
TAKE = {"png": ingest_portrait, "jpg": ingest_portrait, "wav": ingest_sound, "mp4": ingest_footage}


@pytest.fixture
def signed(tmp_path):
    """Make a file of a kind and sign it, as somebody else's camera or editor would."""
    signer = load_signer(tmp_path / "signing")

    def signed(kind: str, *, large: bool = False):
        import c2pa

        plain, path = tmp_path / f"plain.{kind}", tmp_path / f"signed.{kind}"
        if kind == "mp4":
            encode(moving(5), plain)
        elif kind == "wav":
            soundfile.write(plain, tone(24_000), 48_000)
        else:
            Image.new("RGB", (64, 48), (90, 60, 40)).save(plain)
        data = {"actions": [{"action": "c2pa.created", "digitalSourceType": _camera()}]}
        notes = [{"label": "org.test.note", "data": {"text": "x" * 200_000}}] if large else []
        told = {
            "claim_generator_info": [{"name": "a camera"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": data}, *notes],
        }
        with (
            c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, signer.chain, None) as key,
            c2pa.Context.from_dict(settings(signer.root), signer=key) as context,
            c2pa.Builder(json.dumps(told), context=context) as builder,
            plain.open("rb") as source,
            path.open("w+b") as target,
        ):
            builder.sign(TYPES[kind], source, target)
        return path

    return signed


def _camera() -> str:
    return "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


def generators(store: bytes) -> list[str]:
    """Return who made the claims in a manifest store, as the C2PA library reads it."""
    import c2pa

    with c2pa.Context.from_dict({"version": 1, "verify": {"verify_trust": False}}) as context:
        told = json.loads(c2pa.Reader("application/c2pa", io.BytesIO(store), context=context).json())
    return [info["name"] for manifest in told["manifests"].values() for info in manifest["claim_generator_info"]]


@pytest.mark.parametrize("kind", sorted(TYPES))
@pytest.mark.parametrize("large", [False, True])
def test_the_credential_of_a_file_is_kept_beside_its_clean_copy(signed, tmp_path, kind, large):
    path = signed(kind, large=large)
    (tmp_path / "room").mkdir()
    taken = TAKE[kind](path, tmp_path / "room")

    kept = (tmp_path / "room" / CREDENTIAL).read_bytes()
    assert generators(kept) == ["a camera"]
    assert len(kept) > (200_000 if large else 1000)
    assert b"a camera" not in taken.read_bytes()


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_damaged_file_has_a_credential_or_none_and_nothing_else_happens(signed, kind):
    path, rng = signed(kind), random.Random(kind)
    honest = path.read_bytes()
    for _ in range(200):
        data = bytearray(honest[: rng.randrange(20, len(honest))])
        for _bit in range(4):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        found = credential_in(path)

        assert found is None or found[4:8] == b"jumb"


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_most_files_have_none(signed, tmp_path, kind):
    signed(kind)

    assert credential_in(tmp_path / f"plain.{kind}") is None


def test_the_credential_is_stored_with_the_sample_and_is_nobody_s_likeness(signed, world):
    """The consent of a sample is about its picture: the part beside it changes nothing."""
    path = signed("mp4")
    person = world.people.enroll("ada", "synthetic", [lambda room: samples.check_footage(path, room)])
    other = world.enroll("bob")
    world.agree(person, *Use)
    world.agree(other)
    footage = world.likeness(person).footage
    assert isinstance(footage, GivenFootage)
    manifest = world.store.manifest(footage.digest)

    assert set(manifest.parts) == {"footage.mp4", CREDENTIAL}
    assert set(world.ledger.read().people[person.id].samples) == {manifest.parts["footage.mp4"]}
    kept = world.store.fetch(footage, CREDENTIAL, world.folder / "kept")
    assert generators(kept.read_bytes()) == ["a camera"]
    speech = _speech(world, other)
    assert world.perform(RefineLips(footage, speech), EngineSpec("hush"))


def _speech(world, person):
    from avatar.stages.voice import CloneVoice, LearnVoice

    model = world.perform(LearnVoice(world.likeness(person).voice), EngineSpec("ear"))
    return world.perform(CloneVoice(model, "hello there"), EngineSpec("beep"))
