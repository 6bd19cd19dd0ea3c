"""K: what logs, messages, the ledger and the public credential say of people: nothing."""

import logging
import os
import stat

import pytest

from avatar.errors import AvatarError
from avatar.production.production import Production, direct
from avatar.provenance.statement import Agreement, build_statement
from avatar.runtime.workdir import private_tempdir, reap_stale
from avatar.stages.catalogue import C2PA_ACTIONS
from avatar.testing.world import TOY_BRIEF
from avatar.voices.text.script import split_script
from tests.redteam.cases import attack

SCRIPT = "Nobody must ever read this sentence. Nor these other words, xylophone and all."
WORDS = ("nobody must", "sentence", "xylophone", "mallory", "victim")


@pytest.fixture
def played(scene):
    """A whole toy production, every stage in use, with a refusal on the way."""
    scene.world.agree(scene.victim)
    cast = {
        "presenter": scene.world.likeness(scene.victim),
        "double": scene.world.likeness(scene.accomplice),
    }
    production = Production(scene.world.blueprint, cast, split_script(SCRIPT), TOY_BRIEF)
    scene.signed = direct(production, scene.world.perform)
    scene.world.people.withdraw(scene.victim)
    with pytest.raises(AvatarError) as refusal:
        direct(production, scene.world.perform)
    scene.sentence = str(refusal.value)
    return scene


def told(text: str) -> list[str]:
    return [word for word in WORDS if word in text.lower()]


@attack("whoever reads the logs learns who is in a video and what is said", by="quiet", harmless="they say neither")
def test_logs(request, caplog):
    caplog.set_level(logging.DEBUG)
    scene = request.getfixturevalue("played")
    lines = [record.getMessage() for record in caplog.records]
    assert any("cleared" in line for line in lines)

    assert told("\n".join(lines)) == []
    assert [line for line in lines if str(scene.world.folder / "people") in line] == []


@attack("whoever reads the ledger learns names and words", by="quiet", harmless="it holds ids and digests")
def test_the_ledger(played):
    everything = b"".join(played.world.objects.read(key) or b"" for key in played.world.objects.list("ledger"))

    assert told(everything.decode()) == []


@attack(
    "whoever reads the store's names and clear parts learns names and words", by="sealed", harmless="they say neither"
)
def test_the_store_in_the_clear(played):
    keys = [
        key
        for folder in ("aliases", "blobs", "manifests", "people", "recipes")
        for key in played.world.objects.list(folder)
    ]
    clear = b"".join(key.encode() + (played.world.objects.read(key) or b"")[:200] for key in keys)

    assert told(clear.decode("latin-1")) == []


@attack("a refusal tells who was refused by name", by="quiet", harmless="it tells a random id")
def test_a_refusal(played):
    assert told(played.sentence) == []
    assert played.victim.id in played.sentence


@attack("the public credential names people or quotes the script", by="quiet", harmless="it holds ids and digests")
def test_the_public_credential(played):
    world = played.world
    (video,) = world.store.manifest(played.signed.digest).inputs
    position, _ = world.ledger.head()
    said = str(build_statement(video, world.store.ancestry(video), Agreement((), position), C2PA_ACTIONS, release="1"))

    assert played.victim.id in said
    assert told(said) == []


@attack(
    "somebody is called by name in what a credential is made from", by="quiet", code="credential.not-an-id", entry=False
)
def test_a_name_in_the_place_of_an_id(scene):
    video = scene.video(scene.accomplice)
    ancestry = {
        digest: manifest.model_copy(update={"people": ("Mallory M.",)})
        for digest, manifest in scene.world.store.ancestry(video.digest).items()
    }
    position, _ = scene.world.ledger.head()

    with scene.attacked():
        build_statement(video.digest, ancestry, Agreement((), position), C2PA_ACTIONS, release="1")


@attack("whoever lists the store tries names until one fits", by="pseudonyms", harmless="only the ledger's key tells")
def test_aliases_cannot_be_tried(scene):
    from hashlib import sha256

    listed = " ".join(scene.world.objects.list("aliases"))

    assert scene.world.people.alias_key("victim") in listed
    for guess in (b"victim", b"pseudonym\0victim", f"{scene.world.ledger._key.public}victim".encode()):
        assert sha256(guess).hexdigest() not in listed


@attack("another user of the machine looks into work in progress", by="swept", harmless="the folder is closed to them")
def test_rooms_are_private(scene):
    with private_tempdir() as room:
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
    keys = [
        *scene.world.folder.glob("material/*.key"),
        *scene.world.folder.glob("people/*.key"),
        scene.world.folder / "ledger.key",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


@attack(
    "somebody plants a link where rooms are swept, to have other things deleted",
    by="swept",
    harmless="it is not followed",
)
def test_a_planted_link_is_not_swept(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep me")
    (tmp_path / f"avatar-room-{'0' * 32}").symlink_to(precious)

    reap_stale(tmp_path)
    assert (precious / "file").exists()


@attack(
    "a work in progress is killed, and its room stays for the next user",
    by="swept",
    harmless="the next start removes it",
)
def test_a_killed_room_is_swept(tmp_path):
    pid = os.fork()
    if not pid:
        with private_tempdir(tmp_path) as room:
            (room / "picture.png").write_bytes(b"somebody")
            os._exit(9)
    os.waitpid(pid, 0)
    assert list(tmp_path.iterdir())

    assert reap_stale(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@attack("a refusal in Prefect quotes the script it refuses", by="quiet", harmless="it quotes nothing of it")
def test_a_refusal_in_prefect_quotes_nothing():
    from flows.states import unquoted

    said = unquoted(f"line 1 of the script ({SCRIPT[:30]!r}…) has 700 characters", SCRIPT)

    assert told(said) == []


def test_the_words_would_be_found(caplog):
    """Without this, silence would mean nothing."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("avatar").debug("made for %s", "Mallory")

    assert told("\n".join(record.getMessage() for record in caplog.records)) == ["mallory"]
