import json
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import c2pa
import pytest
from provenance_world import ADA, AGREEMENT, AT, GRANTS, World, ancestry_of, make_mp4

from avatar.errors import CredentialError, InputError, LedgerError
from avatar.provenance.credential import settings
from avatar.provenance.mp4_layout import read_layout
from avatar.provenance.signer import load_signer
from avatar.provenance.signing import sign
from avatar.provenance.statement import build_statement
from avatar.provenance.trust import Trust
from avatar.provenance.verdict import LedgerFacts, Verdict
from avatar.provenance.verify import verify
from avatar.stages.catalogue import C2PA_ACTIONS


def check(world: World, path: Path) -> Verdict:
    return verify(path, world.trust, world.ledger)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def span(path: Path, kind: str) -> range:
    """Return the bytes of the first box of *kind*, its header left out."""
    at = 0
    for box in read_layout(path):
        if box.kind == kind:
            return range(at + 8, at + box.size)
        at += box.size
    raise LookupError(kind)


def flip(at: int, bit: int = 0) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[at] ^= 1 << bit

    return change


def test_a_published_video_is_trusted(world: World) -> None:
    verdict = check(world, world.signed)

    assert verdict.trusted
    assert [each.person for each in verdict.people] == [ADA]
    assert verdict.grants == GRANTS
    assert verdict.entry
    assert verdict.entry.index == 42


def test_a_verdict_explains_itself(world: World) -> None:
    told = check(world, world.signed).explain()

    assert told.startswith("This file is trusted.")
    assert f"{ADA}: animate-face, clone-voice, publish, refine-lips" in told
    assert "entry 42" in told
    assert "Demo claim signer" in told


def test_a_verdict_is_json(world: World) -> None:
    told = json.loads(json.dumps(check(world, world.signed).as_json()))

    assert told["trusted"] is True
    assert told["consent"]["people"][0]["person"] == ADA


def test_without_a_ledger_it_says_what_holds_and_trusts_nothing(world: World) -> None:
    verdict = verify(world.signed, world.trust)

    assert codes(verdict) == ["ledger.not-at-hand"]
    assert "The file is signed and intact" in verdict.explain()


def test_a_ledger_in_trouble_is_no_yes(world: World) -> None:
    def broken(digest: str) -> LedgerFacts:
        raise LedgerError("ledger entry 7 was altered", code="ledger.forged")

    verdict = verify(world.signed, world.trust, broken)

    assert codes(verdict) == ["ledger.forged"]


def test_a_missing_file_is_said_to_be_missing(world: World) -> None:
    with pytest.raises(InputError, match=r"nowhere\.mp4"):
        verify(world.folder / "nowhere.mp4", world.trust)


@pytest.mark.parametrize(
    "facts",
    [
        {"people": ("p-00000000000000ff",)},
        {"origin": "avatar-ledger/other"},
        {"index": AT.index},
    ],
)
def test_a_ledger_that_tells_another_story_is_believed_over_the_credential(
    world: World, facts: dict[str, object]
) -> None:
    verdict = verify(world.signed, world.trust, lambda digest: replace(world.entry, **facts))

    assert codes(verdict) == ["ledger.contradicts"]


def test_grants_are_told_as_the_ledger_has_them(world: World) -> None:
    verdict = verify(world.signed, world.trust, lambda digest: replace(world.entry, grants=GRANTS[:1]))

    assert (verdict.trusted, verdict.grants) == (True, GRANTS[:1])


def test_a_withdrawal_reaches_back_into_what_was_published(world: World) -> None:
    verdict = verify(world.signed, world.trust, lambda digest: replace(world.entry, withdrawn=(ADA,)))

    assert codes(verdict) == ["consent.withdrawn"]
    assert "The file is signed and intact" in verdict.explain()


@pytest.mark.parametrize("kind", ["ftyp", "c2pa", "moov", "mdat"])
def test_no_bit_flips_unseen(world: World, kind: str) -> None:
    places, chance = span(world.signed, kind), random.Random(kind)
    for _ in range(60):
        at, bit = chance.choice(places), chance.randrange(8)

        assert not check(world, world.altered(flip(at, bit))).trusted, (at, bit)


def test_an_altered_picture_is_said_to_be(world: World) -> None:
    at = span(world.signed, "mdat").start + 700

    assert codes(check(world, world.altered(flip(at)))) == ["media.altered", "ledger.unknown-file"]


def test_an_index_altered_past_reading_is_no_crash(world: World) -> None:
    inner = span(world.signed, "moov").start

    assert codes(check(world, world.altered(flip(inner))))[0] == "credential.unreadable"


def test_a_flip_that_no_signature_covers_is_seen_by_the_ledger(world: World) -> None:
    at = span(world.signed, "ftyp").stop - 1

    assert codes(check(world, world.altered(flip(at)))) == ["ledger.unknown-file"]


def test_an_edited_statement_is_seen(world: World) -> None:
    at = world.signed.read_bytes().index(ADA.encode())

    assert codes(check(world, world.altered(flip(at + 5)))) == ["credential.altered", "ledger.unknown-file"]


def test_an_edited_claim_is_seen(world: World) -> None:
    at = world.signed.read_bytes().index(b"dc:title\x66Notice")

    assert "credential.bad-signature" in codes(check(world, world.altered(flip(at + 12))))


@pytest.mark.parametrize("kind", [b"free", b"skip"])
def test_a_box_that_carries_something_along_is_seen(world: World, kind: bytes) -> None:
    extra = (8 + 6).to_bytes(4, "big") + kind + b"secret"

    verdict = check(world, world.altered(lambda data: data.extend(extra)))

    assert codes(verdict) == ["file.foreign-boxes", "ledger.unknown-file"]


def test_a_second_empty_box_is_one_too_many(world: World) -> None:
    verdict = check(world, world.altered(lambda data: data.extend(b"\x00\x00\x00\x08free")))

    assert codes(verdict)[0] == "file.foreign-boxes"


def test_a_file_cut_short_is_said_to_be(world: World) -> None:
    assert codes(check(world, world.altered(lambda data: data.__delitem__(slice(-200, None)))))[0] == "file.truncated"


def test_another_root_is_not_ours(world: World, tmp_path: Path) -> None:
    rogue, said = (
        load_signer(tmp_path / "rogue"),
        build_statement(*ancestry_of(), AGREEMENT, C2PA_ACTIONS, release="0.1.0"),
    )
    signed = sign(world.plain, tmp_path / "signed.mp4", statement=said, signer=rogue)

    verdict = check(world, signed)

    assert codes(verdict) == ["signer.unknown-root", "signer.not-pinned", "ledger.unknown-file"]


def test_another_signer_under_our_root_is_not_the_one_we_named(world: World) -> None:
    verdict = verify(world.signed, Trust(world.signer.root, frozenset({1})), world.ledger)

    assert codes(verdict) == ["signer.not-pinned"]


def test_a_remux_loses_the_credential_and_says_so(world: World, tmp_path: Path) -> None:
    stripped = tmp_path / "stripped.mp4"
    with av.open(str(world.signed)) as source, av.open(str(stripped), "w", options={"movflags": "+faststart"}) as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)

    assert codes(check(world, stripped)) == ["credential.missing"]


def test_an_unsigned_file_has_no_credential(world: World) -> None:
    assert codes(check(world, world.plain)) == ["credential.missing"]


def test_a_credential_of_another_file_does_not_fit(world: World, tmp_path: Path) -> None:
    other = make_mp4(tmp_path / "other.mp4", shade=100)
    signed, bytes_ = world.signed.read_bytes(), other.read_bytes()
    first, start = int.from_bytes(bytes_[:4], "big"), int.from_bytes(signed[:4], "big")
    size = read_layout(world.signed)[1].size
    other.write_bytes(bytes_[:first] + signed[start : start + size] + bytes_[first:])

    assert codes(check(world, other))[0] == "media.altered"


def test_a_tampered_parent_is_not_washed_clean_by_a_new_signature(world: World, tmp_path: Path) -> None:
    parent = world.altered(flip(span(world.signed, "mdat").start + 700))
    edit = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
    actions = {"label": "c2pa.actions.v2", "created": True, "data": {"actions": [edit], "allActionsIncluded": True}}
    child = tmp_path / "child.mp4"
    with (
        c2pa.Signer.from_callback(world.signer.sign, c2pa.C2paSigningAlg.ES256, world.signer.chain) as key,
        c2pa.Context.from_dict(settings(world.signer.root), signer=key) as context,
        c2pa.Builder({"assertions": [actions]}, context=context) as builder,
        parent.open("rb") as stream,
        world.plain.open("rb") as source,
        child.open("w+b") as target,
    ):
        builder.add_ingredient({"relationship": "parentOf", "instance_id": "parent"}, "video/mp4", stream)
        builder.sign("video/mp4", source, target)

    verdict = check(world, child)

    assert verdict.credential
    assert verdict.credential.state == "Trusted"
    assert "ingredient.failed" in codes(verdict)


def test_a_title_cannot_steer_the_terminal(world: World, tmp_path: Path) -> None:
    said = build_statement(*ancestry_of(), AGREEMENT, C2PA_ACTIONS, release="0.1.0") | {
        "claim_generator_info": [{"name": "x"}]
    }
    said["assertions"][0]["data"]["actions"][1]["description"] = "\x1b[2J\nThis file is trusted."
    signed = sign(world.plain, tmp_path / "signed.mp4", statement=said, signer=world.signer)

    told = check(world, signed).explain()

    assert "\x1b" not in told
    assert "This file is trusted." not in told.splitlines()


def test_a_statement_without_a_disclosure_is_not_signed(world: World, tmp_path: Path) -> None:
    said = build_statement(*ancestry_of(), AGREEMENT, C2PA_ACTIONS, release="0.1.0")
    said["assertions"][1]["data"] = ["not", "a", "disclosure"]
    signed = tmp_path / "signed.mp4"
    with pytest.raises(CredentialError) as refusal:
        sign(world.plain, signed, statement=said, signer=world.signer)

    assert refusal.value.code == "credential.no-consent"


def test_many_threads_can_verify_at_once(world: World) -> None:
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda _: check(world, world.signed), range(16)))

    assert all(verdict.trusted for verdict in verdicts)


def test_the_ledger_knows_a_file_by_its_bytes_not_by_its_name(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "renamed.mp4"
    shutil.copyfile(world.signed, copy)

    assert check(world, copy).trusted
