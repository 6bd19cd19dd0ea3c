"""C: another identity slipped in after approval: forged manifests, handles of something else, skipped steps."""

import pytest

from avatar.artifacts.artifact import Audio, Footage, Image, Shot, SignedVideo, Speech, Video, VoiceModel
from avatar.artifacts.manifest import Manifest
from avatar.canonical import canonical
from avatar.consent import Use
from avatar.errors import AvatarError
from avatar.registry import Choice, work_of
from avatar.stages.face import AnimateFace
from avatar.stages.picture import Assemble, Publish, Render
from avatar.stages.voice import CloneVoice, LearnVoice
from tests.consent.reading import facts
from tests.redteam.attacks import blob, blob_key, edit, overwrite, plant, reseal, unsealed


def manifest_of(scene, artifact) -> Manifest:
    return scene.world.store.manifest(artifact.digest)


@pytest.mark.parametrize("people", [(), "accomplice"])
def test_a_manifest_that_drops_its_people_is_refused(scene, people):
    """The victim's sample, said to be nobody's, or the accomplice's."""
    people = (scene.accomplice.id,) if people else ()
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).voice)
    forged = plant(scene.world, theirs.model_copy(update={"people": people}))

    code = scene.refuses(LearnVoice(Audio(forged)), "ear")
    assert code == ("consent.foreign-asset" if people else "consent.nobody")


def test_a_manifest_that_binds_a_granted_sample_to_a_strangers_file_is_refused(scene):
    """One part is the accomplice's granted sample, and comes first; another, which engines open, is the victim's."""
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).voice).parts["sound.wav"]
    mine = manifest_of(scene, scene.world.likeness(scene.accomplice).voice)
    parts = {"a.wav": mine.parts["sound.wav"], **mine.parts, "sound.wav": theirs}
    forged = plant(scene.world, mine.model_copy(update={"parts": parts}))

    assert scene.refuses(LearnVoice(Audio(forged)), "ear") == "consent.foreign-asset"


def test_a_speech_that_was_never_made_here_is_refused(scene):
    """The accomplice's name on the victim's voice, in the form of a speech made from the accomplice's sample."""
    honest = manifest_of(scene, scene.speech(scene.accomplice))
    parts = {**honest.parts, "sound.wav": blob(scene.world, b"the victim's voice")}
    forged = plant(scene.world, honest.model_copy(update={"parts": parts}))
    portrait = scene.world.likeness(scene.accomplice).portrait

    assert scene.refuses(AnimateFace(portrait, Speech(forged)), "still") == "consent.unrecorded"


def test_a_film_that_was_never_made_here_is_not_published(scene):
    honest = manifest_of(scene, scene.video(scene.accomplice))
    parts = {**honest.parts, "video.mp4": blob(scene.world, b"a deepfake")}
    forged = plant(scene.world, honest.model_copy(update={"parts": parts}))

    assert scene.refuses(Publish(Video(forged)), "stamp") == "consent.unrecorded"
    assert "published" not in facts(scene.world.objects)


def test_a_forgery_deep_in_the_chain_is_refused(scene):
    """The shot is honest about its speech; the speech is forged."""
    speech = manifest_of(scene, scene.speech(scene.accomplice))
    parts = {**speech.parts, "sound.wav": blob(scene.world, b"the victim's voice")}
    forged = plant(scene.world, speech.model_copy(update={"parts": parts}))
    shot = manifest_of(
        scene, scene.perform(Render((scene.footage(scene.accomplice),), scene.speech(scene.accomplice)), "reel")
    )
    on_it = plant(scene.world, shot.model_copy(update={"inputs": (shot.inputs[0], forged)}))

    assert scene.refuses(Assemble((Shot(on_it),)), "splice") == "consent.unrecorded"


def test_a_recipe_that_leads_to_a_forgery_is_refused(scene):
    """Planted before the work is done for the first time, so that it would be recalled."""
    world = scene.world
    request = LearnVoice(world.likeness(scene.accomplice).voice)
    work = work_of(request, Choice("ear"), world.build(Choice("ear")))
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

    assert scene.refuses(request, "ear") == "store.unrecorded"


def test_a_recipe_that_leads_to_other_honest_work_is_refused(scene):
    world = scene.world
    first, second = (scene.speech(scene.accomplice, line) for line in ("yes", "no"))
    recipe = manifest_of(scene, first).work.recipe
    overwrite(world.objects, f"recipes/{recipe}", second.digest.encode())
    model = scene.perform(LearnVoice(world.likeness(scene.accomplice).voice), "ear")

    assert scene.refuses(CloneVoice(model, "yes"), "beep") == "store.altered"


@pytest.mark.parametrize("data", [b"", b"../../keys", b"\xff\xfe", b"0" * 64])
def test_a_recipe_that_leads_nowhere_is_refused(scene, data):
    recipe = manifest_of(scene, scene.speech(scene.accomplice)).work.recipe
    overwrite(scene.world.objects, f"recipes/{recipe}", data)
    model = scene.perform(LearnVoice(scene.world.likeness(scene.accomplice).voice), "ear")

    assert scene.refuses(CloneVoice(model, "hello there"), "beep").startswith("store.")


def test_a_handle_of_another_kind_opens_nothing(scene):
    likeness = scene.world.likeness(scene.accomplice)

    assert scene.refuses(LearnVoice(Audio(likeness.portrait.digest)), "ear") == "store.parts"
    assert scene.refuses(CloneVoice(VoiceModel(likeness.voice.digest), "hello"), "beep") == "store.parts"
    assert scene.refuses(Publish(Video(likeness.footage.digest)), "stamp") == "store.parts"


def test_a_handle_of_the_victim_in_the_accomplices_request_is_asked_about(scene):
    speech = scene.speech(scene.accomplice)
    theirs = scene.world.likeness(scene.victim).portrait

    assert scene.refuses(AnimateFace(theirs, speech), "still") == "consent.not-granted"
    assert scene.refuses(AnimateFace(Image(theirs.digest), speech), "still") == "consent.not-granted"


def test_a_signed_video_is_not_made_by_naming_it(scene):
    video = scene.video(scene.accomplice)

    assert scene.refuses(Publish(SignedVideo(video.digest)), "nothing") == "engine.unknown"
    assert "published" not in facts(scene.world.objects)


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
    assert fresh.refuses(Render((footage,), fresh.speech(scene.accomplice)), "reel") == "store.altered"


def test_a_forged_step_that_names_the_victim_is_refused(scene):
    honest = manifest_of(scene, scene.footage(scene.accomplice))
    theirs = scene.world.likeness(scene.victim).portrait.digest
    work = honest.work.model_copy(update={"fields": {**honest.work.fields, "portrait": theirs}})
    forged = plant(scene.world, honest.model_copy(update={"work": work}))

    assert scene.refuses(Render((Footage(forged),), scene.speech(scene.accomplice)), "reel") == "consent.unrecorded"


def test_a_swapped_blob_is_refused_and_nothing_is_kept(scene):
    speech = scene.speech(scene.accomplice)
    overwrite(scene.world.objects, blob_key(scene.world, speech, "sound.wav"), b"the victim's voice")
    footage = scene.footage(scene.accomplice)
    before = list(scene.world.objects.list("manifests"))

    assert scene.refuses(Render((footage,), speech), "reel") == "store.altered"
    assert list(scene.world.objects.list("manifests")) == before


def test_deleting_the_list_of_what_shows_someone_does_not_hide_them(scene):
    scene.world.agree(scene.victim)
    video = scene.video(scene.victim)
    for key in list(scene.world.objects.list(f"people/{scene.victim.id}/shown")):
        scene.world.objects.delete(key)
    scene.world.people.withdraw(scene.victim, [Use.PUBLISH])

    assert scene.restart().refuses(Publish(video), "stamp") == "consent.withdrawn"


def test_the_victims_picture_said_to_show_nobody_does_not_slip_past_the_others(scene):
    """Everyone else in the request has agreed; the one who has not is said not to be there."""
    theirs = manifest_of(scene, scene.world.likeness(scene.victim).portrait)
    nobody = plant(scene.world, theirs.model_copy(update={"people": ()}))

    assert scene.refuses(AnimateFace(Image(nobody), scene.speech(scene.accomplice)), "still") == "consent.nobody"


def test_bytes_that_are_not_canonical_have_no_second_name(scene):
    """A manifest written with spaces is the same manifest; one that says more is none."""
    voice = scene.world.likeness(scene.accomplice).voice
    spaced = unsealed(scene.world, voice.digest).replace(b",", b" , ")
    reseal(scene.world, voice.digest, spaced)

    assert scene.restart().speech(scene.accomplice)
