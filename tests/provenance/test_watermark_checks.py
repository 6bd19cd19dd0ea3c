"""A file's marks beside its credential: agreement is silent, contradiction is a reason."""

from dataclasses import replace

import pytest
from provenance_world import World, ancestry_of

from avatar.artifacts.manifest import seed_of
from avatar.provenance.verdict import Verdict
from avatar.provenance.verify import verify
from avatar.provenance.watermark_checks import with_marks
from avatar.watermark.audio import AudioWatermark
from avatar.watermark.detect import VideoWatermark
from avatar.watermark.verify import Watermarks

NOTHING = Watermarks(VideoWatermark(0.0, found=False), AudioWatermark(0.0, found=False))


def both(*shots: int) -> Watermarks:
    return Watermarks(VideoWatermark(40.0, found=True, shots=shots), AudioWatermark(1.0, found=True))


@pytest.fixture
def verdict(world: World) -> Verdict:
    return verify(world.signed, world.trust, world.ledger)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_file_with_the_marks_that_its_credential_tells_of_stays_trusted(verdict: Verdict) -> None:
    _, ancestry = ancestry_of()
    shot = next(each.work.recipe for each in ancestry.values() if each.kind == "Shot" and each.work)

    examined = with_marks(verdict, both(seed_of(shot)))

    assert examined.trusted
    assert shot[:8] in examined.explain()
    assert examined.as_json()["marks"]["picture"]["shots"] == [shot[:8]]


def test_a_mark_that_could_not_be_read_to_the_end_is_still_a_mark(verdict: Verdict) -> None:
    assert with_marks(verdict, both()).trusted


def test_a_shot_that_the_credential_does_not_know_is_a_contradiction(verdict: Verdict) -> None:
    assert codes(with_marks(verdict, both(0x0BADF00D))) == ["mark.contradicts"]


def test_a_mark_that_the_credential_tells_of_and_nobody_finds_is_a_contradiction(verdict: Verdict) -> None:
    assert codes(with_marks(verdict, NOTHING)) == ["mark.missing"]
    assert codes(with_marks(verdict, replace(both(), sound=NOTHING.sound))) == ["mark.missing"]


def test_a_mark_in_a_file_whose_credential_names_no_synthetic_source_is_a_contradiction(verdict: Verdict) -> None:
    assert verdict.credential
    filmed = tuple(replace(action, source="digitalCapture") for action in verdict.credential.actions)
    camera = replace(verdict, credential=replace(verdict.credential, actions=filmed))

    assert codes(with_marks(camera, both())) == ["mark.contradicts-source"]


def test_a_mark_without_a_credential_is_said(world: World) -> None:
    bare = verify(world.plain, world.trust, world.ledger)

    assert codes(with_marks(bare, both())) == [*codes(bare), "mark.without-credential"]
    assert codes(with_marks(bare, NOTHING)) == codes(bare)
