"""The story of a production: what is made, what is made again, and what stops it."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from avatar.artifacts.s3 import S3Objects
from avatar.consent import Use
from avatar.engines.render.frame_deltas import KeptDeltas
from avatar.engines.voice.cut import Cut
from avatar.errors import AvatarError, ConsentError, EngineError, InputError
from avatar.production.blueprint.schema import Blueprint
from avatar.production.production import Production, direct, dry_run
from avatar.studio.studio import ProgressEvent
from avatar.testing.toys import ToySwap, ToyVoice
from avatar.testing.world import TOY_BLUEPRINT, TOY_BRIEF, World
from avatar.voices.text.script import Line, split_script
from tests.conftest import BUCKET
from tests.voices.voiceovers import hummed

SCRIPT = "Good morning. This is the news of today. That was all."


def cast(world: World, **roles: str) -> dict[str, Any]:
    """Enrol and ask whoever plays each of *roles*."""
    likenesses = {}
    for role, alias in (roles or {"presenter": "ada", "double": "bob"}).items():
        person = world.enroll(alias)
        world.agree(person)
        likenesses[role] = world.likeness(person)
    return likenesses


def production(world: World, script: str = SCRIPT, **changes: Any) -> Production:
    blueprint = Blueprint.model_validate({**TOY_BLUEPRINT, **changes})
    return Production(blueprint, cast(world), split_script(script), TOY_BRIEF)


class Told:
    """Performs, and remembers what was made and what was recalled."""

    def __init__(self, world: World) -> None:
        self.moments: list[ProgressEvent] = []
        self.perform = replace(world.studio, on_progress=self.moments.append).under(TOY_BRIEF)

    def kinds(self, what: str) -> list[str]:
        return [type(moment.request).__name__ for moment in self.moments if moment.what == what]


def test_the_whole_story_ends_with_a_signed_video(world):
    signed = direct(production(world), world.perform)

    file = world.store.manifest(signed.digest).parts["video.mp4"]
    published = world.ledger.read().published[file]
    assert published.people == tuple(sorted(world.people.find(alias).id for alias in ("ada", "bob")))


def test_the_second_time_everything_is_recalled(world):
    first = direct(production(world), world.perform)
    told = Told(world)

    assert direct(production(world), told.perform) == first
    assert told.kinds("kept") == []
    assert len(set(told.kinds("recalled"))) == 8


def test_editing_one_sentence_makes_one_speech_and_one_shot_again(world):
    direct(production(world), world.perform)
    told = Told(world)

    direct(production(world, SCRIPT.replace("of today", "of tomorrow")), told.perform)

    assert sorted(told.kinds("kept")) == sorted(
        ["CloneVoice", "AnimateFace", "SwapFace", "RefineLips", "Render", "Assemble", "Publish"]
    )


def test_a_new_pronunciation_makes_only_the_lines_anew_that_hold_the_word(world):
    direct(production(world), world.perform)
    told = Told(world)

    direct(production(world, glossary={"news": {"say": "nooze"}}), told.perform)

    assert told.kinds("kept").count("CloneVoice") == 1


def test_a_sentence_that_is_said_twice_is_made_once(world):
    told = Told(world)
    direct(production(world, "Good morning.\n\nGood morning."), told.perform)

    assert told.kinds("kept").count("Render") == 1
    assert told.kinds("recalled").count("Render") == 1


def test_a_failing_line_fails_the_production(world):
    @dataclass(frozen=True)
    class Fragile(ToyVoice):
        def run(self, cleared, bench):
            if "news" in cleared.request.line:
                raise ZeroDivisionError("cannot say news")
            return ToyVoice.run(self, cleared, bench)

    Fragile.run.__annotations__ = ToyVoice.run.__annotations__
    world.engines["beep"] = lambda: Fragile

    with pytest.raises(EngineError, match="cannot say news"):
        direct(production(world), world.perform)
    assert not world.ledger.read().published


def test_a_person_who_withdraws_between_two_lines_stops_the_production(world):
    story = production(world)
    made = []

    def perform(request, choice):
        if type(request).__name__ == "Render":
            made.append(request)
            if len(made) == 2:
                world.people.withdraw(world.people.find("bob"), [Use.SWAP_FACE])
        return world.perform(request, choice)

    with pytest.raises(ConsentError, match="swap-face"):
        direct(story, perform)
    assert not world.ledger.read().published


def shots(world: World, story: Production, **how: Any) -> list[str]:
    """Return the digests of everything *story* makes, up to the video: signatures differ, the rest must not."""
    made = []

    def perform(request, choice):
        artifact = world.perform(request, choice)
        if type(request).__name__ != "Publish":
            made.append(artifact.digest)
        return artifact

    direct(story, perform, **how)
    return made


@pytest.mark.slow
def test_the_same_work_has_the_same_names_on_a_folder_and_on_s3(world, s3_endpoint, tmp_path):
    far = World(tmp_path / "far", S3Objects(BUCKET, uuid4().hex))

    assert shots(world, production(world)) == shots(far, production(far))


def test_the_same_work_has_the_same_names_in_turn_and_in_threads(world, tmp_path):
    other = World(tmp_path / "other")
    story = partial(production, script=SCRIPT * 3)

    with ThreadPoolExecutor(4) as pool:
        threads = shots(world, story(world), each=pool.map)
    in_turn = shots(other, story(other))

    assert sorted(threads) == sorted(in_turn)
    assert threads[-1] == in_turn[-1]


def test_threads_keep_the_lines_in_order(world):
    @dataclass(frozen=True)
    class Uneven(ToyVoice):
        def run(self, cleared, bench):
            time.sleep(0.1 if "morning" in cleared.request.line else 0)
            return ToyVoice.run(self, cleared, bench)

    Uneven.run.__annotations__ = ToyVoice.run.__annotations__
    world.engines["beep"] = lambda: Uneven
    assembled = []

    def perform(request, choice):
        if type(request).__name__ == "Assemble":
            assembled.extend(world.store.manifest(shot.digest).work.fields["speech"] for shot in request.shots)
        return world.perform(request, choice)

    with ThreadPoolExecutor(3) as pool:
        direct(production(world), perform, each=pool.map)

    said = [world.store.manifest(digest).work.fields["line"] for digest in assembled]
    assert said == [line.text for line in split_script(SCRIPT)]


def test_two_speakers_side_by_side_listen_to_each_other(world):
    blueprint = Blueprint.model_validate(
        {**TOY_BLUEPRINT, "speakers": ["host", "guest"], "layout": "side-by-side", "swap": None}
    )
    story = Production(
        blueprint, cast(world, host="ada", guest="bob"), split_script("host: Hello.\n\nguest: Good evening."), TOY_BRIEF
    )
    told = Told(world)

    direct(story, told.perform)

    rendered = [moment.request for moment in told.moments if type(moment.request).__name__ == "Render"]
    assert all(len(request.panels) == 2 for request in rendered)
    animated = [m.request for m in told.moments if m.what == "kept" and type(m.request).__name__ == "AnimateFace"]
    assert [request.listening for request in animated] == [False, True, True, False]
    assert told.kinds("kept").count("LearnVoice") == 2


# -- what cannot be filled in


def refusal(make: Any) -> AvatarError:
    with pytest.raises(InputError) as caught:
        make()
    return caught.value


def test_an_unknown_role_comes_with_a_hint(world):
    roles = cast(world, presentor="ada", double="bob")
    error = refusal(lambda: Production(world.blueprint, roles, (Line(None, "Hello."),), TOY_BRIEF))

    assert error.code == "cast.unknown-role"
    assert "did you mean 'presenter'" in str(error)


def test_an_unknown_speaker_comes_with_a_hint(world):
    error = refusal(lambda: Production(world.blueprint, cast(world), (Line("presentr", "Hello."),), TOY_BRIEF))

    assert error.code == "script.unknown-speaker"
    assert "did you mean 'presenter'" in str(error)


@pytest.mark.parametrize("role", ["presenter", "double"])
def test_a_role_that_nobody_plays_is_refused_before_anything_is_made(world, role):
    roles = cast(world)
    del roles[role]
    story = Production(world.blueprint, roles, (Line(None, "Hello."),), TOY_BRIEF)

    error = refusal(lambda: dry_run(story))
    assert error.code == "cast.missing-role"
    assert f"add {role}=PERSON" in str(error)


@pytest.mark.parametrize("what", ["voice", "portrait"])
def test_a_likeness_that_lacks_what_is_needed_says_what_to_enrol(world, what):
    roles = cast(world)
    roles["presenter"] = replace(roles["presenter"], **{what: None})
    story = Production(world.blueprint, roles, (Line(None, "Hello."),), TOY_BRIEF)

    error = refusal(lambda: direct(story, world.perform))
    assert error.code == f"cast.no-{what}"
    assert f"avatar enroll --{what} FILE" in str(error)


def test_a_production_without_lines_is_refused(world):
    error = refusal(lambda: Production(world.blueprint, cast(world), (), TOY_BRIEF))

    assert error.code == "script.empty"


def test_a_missing_consent_is_foreseen_before_anything_is_made(world):
    story = production(world)
    world.people.withdraw(world.people.find("ada"), [Use.PUBLISH])

    with pytest.raises(ConsentError, match="'publish'"):
        world.gate.foresee(dry_run(story).uses, story.asks)

    assert not list(world.objects.list("recipes"))


def test_what_is_foreseen_is_every_use_of_the_story(world):
    uses = dry_run(production(world)).uses

    assert {use for use, _ in uses} == set(Use) - {Use.TRAIN, Use.GUARD_VOICE}
    world.gate.foresee(uses, TOY_BRIEF)


# -- recorded speech


def recorded(world: World, **changes: Any) -> Production:
    """A production in which ada's portrait says what she recorded."""
    person = world.people.enroll("ada", "synthetic", [partial(hummed)], id=world.enroll("ada").id)
    world.agree(person)
    world.engines["cut"] = lambda: Cut
    toys = {key: TOY_BLUEPRINT[key] for key in ("animation", "picture", "assembly", "publication")}
    blueprint = Blueprint.model_validate({"name": "x", "speakers": ["ada"], "speech": "recorded", **toys, **changes})
    lines = (Line(None, "Good morning."), Line(None, "That was all."))
    return Production(blueprint, {"ada": world.likeness(person)}, lines, TOY_BRIEF)


def test_a_recording_is_heard_as_it_is_and_no_voice_is_learned(world):
    told = Told(world)

    direct(recorded(world), told.perform)

    assert "LearnVoice" not in told.kinds("kept")
    assert told.kinds("kept").count("CutVoiceover") == 2
    assert told.kinds("kept")[-1] == "Publish"


def test_a_recording_is_published_only_when_its_own_speaker_agreed_to_that(world):
    story = recorded(world)
    world.people.withdraw(world.people.find("ada"))
    world.agree(world.people.find("ada"), Use.CLONE_VOICE, Use.ANIMATE_FACE)

    with pytest.raises(ConsentError) as refusal:
        direct(story, world.perform)
    assert refusal.value.code in ("consent.withdrawn", "consent.not-granted")
    assert not world.ledger.read().published


def test_whoever_recorded_nothing_is_told_what_to_bring(world):
    story = recorded(world)
    cast = {"ada": replace(story.cast["ada"], voiceover=None)}

    with pytest.raises(InputError, match="--voiceover FILE") as refusal:
        direct(replace(story, cast=cast), world.perform)
    assert refusal.value.code == "cast.no-voiceover"


def test_two_people_cannot_share_a_recording():
    with pytest.raises(ValueError, match="one person's voice-over"):
        Blueprint(name="x", speakers=("a", "b"), speech="recorded")


# -- patches: what a step drew, kept

KEEPING = {stage: {**TOY_BLUEPRINT[stage], "keep_patches": True} for stage in ("animation", "swap", "lips")}


@pytest.fixture
def keeping(world):
    world.engines["patches"] = lambda: KeptDeltas
    return world


@pytest.mark.parametrize("stages", [["lips"], ["swap"], ["animation"], ["animation", "swap", "lips"]])
def test_with_patches_kept_the_same_frames_are_shown(keeping, stages):
    plain = direct(production(keeping), keeping.perform)
    kept = direct(production(keeping, **{stage: KEEPING[stage] for stage in stages}), keeping.perform)

    def shots(signed):
        lineage = keeping.store.ancestry(signed.digest).values()
        return sorted(manifest.parts["picture.mp4"] for manifest in lineage if manifest.kind == "Shot")

    assert shots(kept) == shots(plain)


def test_another_caption_draws_nothing_again_where_patches_are_kept(keeping):
    runs = []

    class Counting(ToySwap):
        def run(self, cleared, bench):
            runs.append(cleared)
            return ToySwap.run(self, cleared, bench)

    Counting.run.__annotations__ = ToySwap.run.__annotations__
    keeping.engines["tint"] = lambda: Counting
    direct(production(keeping, **KEEPING), keeping.perform)
    drawn, told = len(runs), Told(keeping)

    direct(production(keeping, **KEEPING, lower_third={"presenter": "Ada, teacher"}), told.perform)

    assert drawn == 3  # lines, and each was drawn once
    assert len(runs) == drawn
    assert told.kinds("kept") == ["Render", "Assemble", "Publish"]
    assert told.kinds("recalled").count("KeepPatches") == 9


def test_a_line_that_is_edited_has_its_own_patches(keeping):
    direct(production(keeping, **KEEPING), keeping.perform)
    told = Told(keeping)

    direct(production(keeping, SCRIPT.replace("of today", "of tomorrow"), **KEEPING), told.perform)

    assert told.kinds("kept").count("KeepPatches") == 3
