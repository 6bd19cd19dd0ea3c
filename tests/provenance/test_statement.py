import json
from typing import Any

import pytest
from provenance_world import ADA, AGREEMENT, BEN, SCRIPT, ancestry_of, brought, made

from avatar.artifacts.manifest import Manifest
from avatar.canonical import canonical
from avatar.errors import CredentialError
from avatar.provenance.assertion import ASSERTION_LABEL, Disclosure
from avatar.provenance.statement import build_statement, with_shots
from avatar.stages.c2pa_action import COMPOSITE, SYNTHETIC
from avatar.stages.catalogue import C2PA_ACTIONS


def told(video: str, ancestry: dict[str, Manifest]) -> dict[str, Any]:
    return build_statement(video, ancestry, AGREEMENT, C2PA_ACTIONS, release="0.1.0")


def said(*, dubbed: bool = False) -> dict[str, Any]:
    return build_statement(*ancestry_of(dubbed=dubbed), AGREEMENT, C2PA_ACTIONS, release="0.1.0", title="Notice")


def assertion(statement: dict[str, Any], label: str) -> dict[str, Any]:
    return next(each["data"] for each in statement["assertions"] if each["label"] == label)


def actions(statement: dict[str, Any]) -> list[dict[str, Any]]:
    return assertion(statement, "c2pa.actions.v2")["actions"]


def test_the_first_action_creates_the_video_from_all_that_people_brought() -> None:
    first = actions(said())[0]

    assert first["action"] == "c2pa.created"
    assert first["parameters"]["ingredientIds"] == [each["instance_id"] for each in said()["ingredients"]]


def test_each_kind_of_work_is_told_once_however_long_the_script() -> None:
    deeds = [(each["softwareAgent"]["name"], each["action"]) for each in actions(said())[1:]]

    assert deeds == [
        ("adapted", "c2pa.dubbed"),
        ("mesh-warp", "c2pa.edited"),
        ("mouth-warp", "c2pa.edited"),
        ("h264", "c2pa.edited"),
        ("programme", "c2pa.edited"),
        ("avatar-pipeline", "c2pa.watermarked.bound"),
        ("avatar-pipeline", "c2pa.watermarked.unbound"),
    ]


def test_the_picture_mark_is_bound_by_the_number_of_each_shot_and_of_the_cards() -> None:
    video, ancestry = ancestry_of()
    binding = assertion(told(video, ancestry), "c2pa.soft-binding")

    works = [each.work for each in ancestry.values() if each.kind in ("Shot", "Video") and each.work]
    assert "." in binding["alg"]
    assert [block["value"] for block in binding["blocks"]] == [work.recipe[:8] for work in works]


def test_every_action_says_where_its_media_comes_from() -> None:
    assert all("/digitalsourcetype/" in each["digitalSourceType"] for each in actions(said()))


def test_an_animated_portrait_is_synthetic_and_footage_makes_a_composite() -> None:
    source = {
        dubbed: {each["action"]: each["digitalSourceType"] for each in actions(said(dubbed=dubbed))}
        for dubbed in (True, False)
    }

    assert (source[False]["c2pa.created"], source[True]["c2pa.created"]) == (SYNTHETIC, COMPOSITE)
    assert source[True]["c2pa.dubbed"] == SYNTHETIC


def test_the_people_are_told_with_their_uses_and_material() -> None:
    video, ancestry = ancestry_of(dubbed=True)
    disclosure = Disclosure.model_validate(assertion(told(video, ancestry), ASSERTION_LABEL))

    ada, ben = disclosure.people
    assert (ada.person, ada.uses) == (ADA, ("clone-voice", "publish", "refine-lips", "swap-face"))
    assert (ben.person, ben.uses) == (BEN, ("publish", "refine-lips", "swap-face"))
    assert {ancestry[digest].kind for digest in ada.material} == {"Audio", "Image"}
    assert [ancestry[digest].kind for digest in ben.material] == ["GivenFootage"]


def test_the_recipes_of_all_work_are_disclosed() -> None:
    video, ancestry = ancestry_of()
    disclosure = Disclosure.model_validate(assertion(told(video, ancestry), ASSERTION_LABEL))

    recipes = {recipe for step in disclosure.steps for recipe in step.recipes}
    assert recipes == {each.work.recipe for each in ancestry.values() if each.work}


def test_no_word_of_the_script_gets_out() -> None:
    assert SCRIPT not in json.dumps(said())


def test_the_same_ancestry_gives_the_same_bytes_in_whatever_order_it_was_read() -> None:
    video, ancestry = ancestry_of()
    backwards = dict(reversed(ancestry.items()))

    assert canonical(told(video, backwards)) == canonical(told(video, ancestry))


def test_a_name_in_place_of_an_id_is_refused_without_repeating_it() -> None:
    sample = brought("Audio", "sound.wav", "Ada Lovelace")
    video = made("Video", "Assemble", "programme", [sample])

    with pytest.raises(CredentialError) as refusal:
        told(video.digest, {each.digest: each for each in (sample, video)})
    assert refusal.value.code == "credential.not-an-id"
    assert "Lovelace" not in str(refusal.value)


def test_a_gap_in_the_ancestry_is_refused() -> None:
    video, ancestry = ancestry_of()
    lost = next(digest for digest, manifest in ancestry.items() if manifest.kind == "Audio")

    with pytest.raises(CredentialError) as refusal:
        build_statement(
            video,
            {digest: each for digest, each in ancestry.items() if digest != lost},
            AGREEMENT,
            C2PA_ACTIONS,
            release="0.1.0",
        )
    assert refusal.value.code == "credential.ancestry-gap"


def test_work_of_a_kind_nobody_described_is_not_told_by_a_guess() -> None:
    portrait = brought("Image", "picture.png", ADA)
    video = made("Video", "AddHat", "hatter", [portrait])

    with pytest.raises(CredentialError, match="'AddHat', which nobody described") as refusal:
        told(video.digest, {each.digest: each for each in (portrait, video)})
    assert refusal.value.code == "credential.unknown-work"


def test_numbers_read_in_given_footage_are_bound_beside_our_own_and_once() -> None:
    before = said()
    ours = list(dict.fromkeys(block["value"] for block in assertion(before, "c2pa.soft-binding")["blocks"]))

    widened = with_shots(before, [int(ours[0], 16), 0x0BADF00D])

    assert [block["value"] for block in assertion(widened, "c2pa.soft-binding")["blocks"]] == [*ours, "0badf00d"]
    assert [each["label"] for each in widened["assertions"]] == [each["label"] for each in before["assertions"]]
