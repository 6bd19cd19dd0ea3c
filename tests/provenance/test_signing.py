import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from provenance_world import AGREEMENT, AT, SCRIPT, World, ancestry_of, make_mp4

from avatar.errors import CredentialError
from avatar.provenance.credential import read_credential
from avatar.provenance.signing import sign
from avatar.provenance.statement import build_statement
from avatar.provenance.trust import Trust
from avatar.stages.catalogue import C2PA_ACTIONS

Crjson = Callable[[Path, Trust], dict[str, Any]]


@dataclass(frozen=True)
class Broken:
    """A signer whose key service answers with *answer*, or not at all."""

    world: World
    answer: bytes | None
    algorithm: str = "es256"

    @property
    def chain(self) -> str:
        return self.world.signer.chain

    @property
    def root(self) -> str:
        return self.world.signer.root

    def sign(self, data: bytes) -> bytes:
        if self.answer is None:
            raise ConnectionError("the key service is away")
        return self.answer


def said() -> dict[str, Any]:
    return build_statement(*ancestry_of(), AGREEMENT, C2PA_ACTIONS, release="0.1.0")


def test_a_signed_video_reads_back_trusted(world: World) -> None:
    credential = read_credential(world.signed, world.trust)

    assert (credential.state, credential.failures, credential.title) == ("Trusted", (), "Notice")
    assert [action.name for action in credential.actions][:1] == ["c2pa.created"]
    assert credential.disclosure
    assert credential.disclosure.decided.index == AT.index


def test_the_credential_meets_the_conformance_rubrics(world: World, crjson: Crjson) -> None:
    manifest = crjson(world.signed, world.trust)
    claim, assertions = manifest["claim.v2"], manifest["assertions"]
    actions = assertions["c2pa.actions.v2"]

    assert claim["claim_generator_info"]["specVersion"] == "2.4.0"
    assert actions["allActionsIncluded"] is True
    assert actions["actions"][0]["action"] == "c2pa.created"
    assert all(action["digitalSourceType"] for action in actions["actions"])
    created = {each["url"].rpartition("/")[2] for each in claim["created_assertions"]}
    assert {"c2pa.actions.v2", "org.avatar-pipeline.consent", "c2pa.hash.bmff.v3"} <= created
    assert manifest["validationResults"]["failure"] == []


def test_each_input_is_an_ingredient_linked_from_the_creation(world: World, crjson: Crjson) -> None:
    assertions = crjson(world.signed, world.trust)["assertions"]

    ingredients = {name: each for name, each in assertions.items() if name.startswith("c2pa.ingredient")}
    linked = assertions["c2pa.actions.v2"]["actions"][0]["parameters"]["ingredients"]
    assert {each["dc:title"] for each in ingredients.values()} == {"Portrait", "Voice sample"}
    assert {each["relationship"] for each in ingredients.values()} == {"inputTo"}
    assert {each["url"].rpartition("/")[2] for each in linked} == set(ingredients)


def test_neither_thumbnail_nor_script_leaves_with_the_file(world: World, crjson: Crjson) -> None:
    assert "thumbnail" not in json.dumps(crjson(world.signed, world.trust))
    assert SCRIPT.encode() not in world.signed.read_bytes()


def test_picture_and_sound_are_not_touched(world: World) -> None:
    assert world.signed.read_bytes()[-1000:] == world.plain.read_bytes()[-1000:]


@pytest.mark.parametrize(
    ("answer", "code"),
    [(None, "credential.not-signed"), (b"", "credential.not-signed"), (b"\x01" * 64, "credential.bad-signature")],
)
def test_a_signer_that_fails_leaves_nothing(world: World, tmp_path: Path, answer: bytes | None, code: str) -> None:
    with pytest.raises(CredentialError) as refusal:
        sign(world.plain, tmp_path / "signed.mp4", statement=said(), signer=Broken(world, answer))

    assert refusal.value.code == code
    assert not list(tmp_path.iterdir())


def test_the_signers_own_words_are_kept(world: World, tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="the key service is away") as refusal:
        sign(world.plain, tmp_path / "signed.mp4", statement=said(), signer=Broken(world, None))

    assert isinstance(refusal.value.__cause__, ConnectionError)


def test_an_algorithm_we_do_not_sign_with_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(CredentialError) as refusal:
        sign(world.plain, tmp_path / "signed.mp4", statement=said(), signer=Broken(world, None, "ps256"))

    assert refusal.value.code == "credential.key-kind"


def test_a_file_that_is_no_mp4_is_refused(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"\x1aE\xdf\xa3" + bytes(500))

    with pytest.raises(CredentialError):
        sign(other, tmp_path / "signed.mp4", statement=said(), signer=world.signer)
    assert list(tmp_path.iterdir()) == [other]


def test_a_file_with_foreign_boxes_is_not_signed(world: World, tmp_path: Path) -> None:
    odd = make_mp4(tmp_path / "odd.mp4")
    odd.write_bytes(odd.read_bytes() + b"\x00\x00\x00\x10skip" + bytes(8))

    with pytest.raises(CredentialError) as refusal:
        sign(odd, tmp_path / "signed.mp4", statement=said(), signer=world.signer)
    assert refusal.value.code == "file.foreign-boxes"
