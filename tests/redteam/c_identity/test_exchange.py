"""C: another identity slipped in after approval: forged manifests, handles of something else, skipped steps."""

import pytest

from avatar.artifacts.artifact import Footage, Portrait, Shot, SignedVideo, Speech, Video, VoiceModel, VoiceSample
from avatar.artifacts.manifest import Manifest
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.errors import AvatarError
from avatar.stages.face import AnimateFace
from avatar.stages.registry import EngineSpec, describe_work
from avatar.stages.render import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from tests.consent.reading import facts
from tests.redteam.attacks import blob, blob_key, edit, overwrite, plant, reseal, unsealed
from tests.redteam.cases import attack


def manifest_of(scene, artifact) -> Manifest:
    return scene.world.store.manifest(artifact.digest)


@attack("a sample is said to be nobody's", by="nobody", code="consent.nobody")
def test_a_manifest_that_drops_its_people_is_refused(scene):
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).voice)
    forged = plant(scene.world, theirs.model_copy(update={"people": ()}))

    scene.refused(LearnVoice(VoiceSample(forged)), "ear")


@attack("the victim's sample is said to be the accomplice's", by="brought by whom", code="consent.foreign-asset")
def test_a_manifest_that_names_someone_else_is_refused(scene):
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).voice)
    forged = plant(scene.world, theirs.model_copy(update={"people": (scene.accomplice.id,)}))

    scene.refused(LearnVoice(VoiceSample(forged)), "ear")


@attack("a granted sample is bound to a stranger's file", by="brought by whom", code="consent.foreign-asset")
def test_a_manifest_that_binds_a_granted_sample_to_a_strangers_file_is_refused(scene):
    """One part is the accomplice's granted sample, and comes first; another, which engines open, is the victim's."""
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).voice).parts["sound.wav"]
    mine = manifest_of(scene, scene.world.likeness(scene.accomplice).voice)
    parts = {"a.wav": mine.parts["sound.wav"], **mine.parts, "sound.wav": theirs}
    forged = plant(scene.world, mine.model_copy(update={"parts": parts}))

    scene.refused(LearnVoice(VoiceSample(forged)), "ear")


@attack("the victim's voice is passed off as the accomplice's speech", by="made here", code="consent.unrecorded")
def test_a_speech_that_was_never_made_here_is_refused(scene):
    """The accomplice's name on the victim's voice, in the form of a speech made from the accomplice's sample."""
    honest = manifest_of(scene, scene.speech(scene.accomplice))
    parts = {**honest.parts, "sound.wav": blob(scene.world, b"the victim's voice")}
    forged = plant(scene.world, honest.model_copy(update={"parts": parts}))
    portrait = scene.world.likeness(scene.accomplice).portrait

    scene.refused(AnimateFace(portrait, Speech(forged)), "still")


@attack("a film from elsewhere is published", by="made here", code="consent.unrecorded")
def test_a_film_that_was_never_made_here_is_not_published(scene):
    honest = manifest_of(scene, scene.video(scene.accomplice))
    parts = {**honest.parts, "video.mp4": blob(scene.world, b"a deepfake")}
    forged = plant(scene.world, honest.model_copy(update={"parts": parts}))

    scene.refused(Publish(Video(forged)), "stamp")
    assert "published" not in facts(scene.world.objects)


@attack("a forged speech lies deep in the chain", by="made here", code="consent.unrecorded")
def test_a_forgery_deep_in_the_chain_is_refused(scene):
    """The shot is honest about its speech; the speech is forged."""
    speech = manifest_of(scene, scene.speech(scene.accomplice))
    parts = {**speech.parts, "sound.wav": blob(scene.world, b"the victim's voice")}
    forged = plant(scene.world, speech.model_copy(update={"parts": parts}))
    shot = manifest_of(
        scene, scene.perform(Render((scene.footage(scene.accomplice),), scene.speech(scene.accomplice)), "reel")
    )
    on_it = plant(scene.world, shot.model_copy(update={"inputs": (shot.inputs[0], forged)}))

    scene.refused(Assemble((Shot(on_it),)), "splice")


@attack("a recipe is planted that leads to a forgery", by="made here", code="store.unrecorded")
def test_a_recipe_that_leads_to_a_forgery_is_refused(scene):
    """Planted before the work is done for the first time, so that it would be recalled."""
    world = scene.world
    request = LearnVoice(world.likeness(scene.accomplice).voice)
    work = describe_work(request, EngineSpec("ear"), world.build(EngineSpec("ear")))
    forged = plant(
        world,
        Manifest(
            kind="VoiceModel",
            parts={"voice.npz": blob(world, b"the victim's voice")},
            people=(scene.accomplice.id,),
            inputs=(request.sample.digest,),
            work=work,
        ),
    )
    world.objects.create(f"recipes/{work.recipe}", forged.encode())

    scene.refused(request, "ear")


@attack("a recipe is bent to other honest work", by="recipe binding", code="store.altered")
def test_a_recipe_that_leads_to_other_honest_work_is_refused(scene):
    world = scene.world
    first, second = (scene.speech(scene.accomplice, line) for line in ("yes", "no"))
    recipe = manifest_of(scene, first).work.recipe
    overwrite(world.objects, f"recipes/{recipe}", second.digest.encode())

    scene.refused(CloneVoice(scene.model(scene.accomplice), "yes"), "beep")


@attack("a recipe is bent to a name that is none", by="server-made keys", code="store.key")
@pytest.mark.parametrize("data", [b"", b"../../keys", b"\xff\xfe"])
def test_a_recipe_that_leads_out_of_the_store_is_refused(scene, data):
    recipe = manifest_of(scene, scene.speech(scene.accomplice)).work.recipe
    overwrite(scene.world.objects, f"recipes/{recipe}", data)

    scene.refused(CloneVoice(scene.model(scene.accomplice), "hello there"), "beep")


@attack("a recipe is bent to nothing", by="recipe binding", code="store.missing")
def test_a_recipe_that_leads_nowhere_is_refused(scene):
    recipe = manifest_of(scene, scene.speech(scene.accomplice)).work.recipe
    overwrite(scene.world.objects, f"recipes/{recipe}", b"0" * 64)

    scene.refused(CloneVoice(scene.model(scene.accomplice), "hello there"), "beep")


@attack("a handle claims to be of another kind", by="parts of its kind", code="store.parts")
def test_a_handle_of_another_kind_opens_nothing(scene):
    likeness = scene.world.likeness(scene.accomplice)

    scene.refused(LearnVoice(VoiceSample(likeness.portrait.digest)), "ear")
    scene.refused(CloneVoice(VoiceModel(likeness.voice.digest), "hello"), "beep")
    scene.refused(Publish(Video(likeness.footage.digest)), "stamp")


@attack(
    "the victim's portrait is put into the accomplice's request",
    by="asked before recalling",
    code="consent.not-granted",
)
def test_a_handle_of_the_victim_in_the_accomplices_request_is_asked_about(scene):
    speech = scene.speech(scene.accomplice)
    theirs = scene.world.likeness(scene.victim).portrait

    scene.refused(AnimateFace(theirs, speech), "still")
    scene.refused(AnimateFace(Portrait(theirs.digest), speech), "still")


@attack(
    "a video is called signed and published by an engine that does nothing", by="named engines", code="engine.unknown"
)
def test_a_signed_video_is_not_made_by_naming_it(scene):
    video = scene.video(scene.accomplice)

    scene.refused(Publish(SignedVideo(video.digest)), "nothing")
    assert "published" not in facts(scene.world.objects)


@attack("the description of footage is edited to name the victim", by="manifest by digest", code="store.altered")
def test_an_edited_step_is_refused(scene):
    """``step.json`` says how footage is made; its manifest says it too, under a name that would no longer be true."""
    footage = scene.footage(scene.accomplice)
    theirs = scene.world.likeness(scene.victim).portrait.digest
    step = blob_key(scene.world, footage, "step.json")
    overwrite(scene.world.objects, step, canonical({"portrait": theirs}))
    edit(scene.world, footage.digest, lambda said: said["work"]["fields"].update(portrait=theirs))

    fresh = scene.restart()
    with pytest.raises(AvatarError) as refusal:
        fresh.world.studio.pull(footage, within=None)
    assert refusal.value.code == "store.altered"
    fresh.refused(Render((footage,), fresh.speech(scene.accomplice)), "reel")


@attack("a step that names the victim is planted", by="made here", code="consent.unrecorded")
def test_a_forged_step_that_names_the_victim_is_refused(scene):
    honest = manifest_of(scene, scene.footage(scene.accomplice))
    theirs = scene.world.likeness(scene.victim).portrait.digest
    work = honest.work.model_copy(update={"fields": {**honest.work.fields, "portrait": theirs}})
    forged = plant(scene.world, honest.model_copy(update={"work": work}))

    scene.refused(Render((Footage(forged),), scene.speech(scene.accomplice)), "reel")


@attack("the bytes of a speech are exchanged in the store", by="sealed", code="store.altered")
def test_a_swapped_blob_is_refused_and_nothing_is_kept(scene):
    speech = scene.speech(scene.accomplice)
    overwrite(scene.world.objects, blob_key(scene.world, speech, "sound.wav"), b"the victim's voice")
    footage = scene.footage(scene.accomplice)
    before = list(scene.world.objects.list("manifests"))

    scene.refused(Render((footage,), speech), "reel")
    assert list(scene.world.objects.list("manifests")) == before


@attack("the list of what shows someone is deleted", by="uses embodied", code="consent.withdrawn")
def test_deleting_the_list_of_what_shows_someone_does_not_hide_them(scene):
    scene.world.agree(scene.victim)
    video = scene.video(scene.victim)
    for key in list(scene.world.objects.list(f"people/{scene.victim.id}/shown")):
        scene.world.objects.delete(key)
    scene.world.people.withdraw(scene.victim, [Use.PUBLISH])

    scene.restart().refused(Publish(video), "stamp")


@attack("the victim's picture is said to show nobody, beside others who agreed", by="nobody", code="consent.nobody")
def test_the_victims_picture_said_to_show_nobody_does_not_slip_past_the_others(scene):
    """Everyone else in the request has agreed; the one who has not is said not to be there."""
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).portrait)
    nobody = plant(scene.world, theirs.model_copy(update={"people": ()}))

    scene.refused(AnimateFace(Portrait(nobody), scene.speech(scene.accomplice)), "still")


def test_bytes_that_are_not_canonical_have_no_second_name(scene):
    """A manifest written with spaces is the same manifest; one that says more is none."""
    voice = scene.world.likeness(scene.accomplice).voice
    spaced = unsealed(scene.world, voice.digest).replace(b",", b" , ")
    reseal(scene.world, voice.digest, spaced)

    assert scene.restart().speech(scene.accomplice)
