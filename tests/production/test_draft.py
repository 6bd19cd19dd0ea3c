import pytest

from avatar.app.delivery import load_named_blueprint
from avatar.production.blueprint.draft import make_draft
from avatar.production.blueprint.load import parse

NAMES = ["presenter", "interview", "dub", "double"]


@pytest.mark.parametrize("name", NAMES)
def test_a_draft_is_small_and_marked_and_says_the_same_in_the_same_voice(name: str) -> None:
    whole = load_named_blueprint(name)
    draft = make_draft(whole)

    assert draft.animation.choice.options["size"] == 256
    assert draft.animation.engine == whole.animation.engine
    assert draft.picture.choice.options == {**whole.picture.choice.options, "label": "PREVIEW"}
    assert draft.name == f"{name} preview"
    same = ("learning", "voice", "swap", "lips", "source", "layout", "lower_third", "publication", "speakers")
    assert all(getattr(draft, each) == getattr(whole, each) for each in same)


def test_other_options_stay() -> None:
    animation, picture = "{engine: mesh-warp, size: 1024, energy: 0.5}", "{engine: h264, crf: 30}"
    text = f"name: n\nspeakers: [a]\nanimation: {animation}\npicture: {picture}\n"
    draft = make_draft(parse(text.encode(), "t"))

    assert draft.animation.choice.options == {"size": 256, "energy": 0.5}
    assert draft.picture.choice.options == {"crf": 30, "label": "PREVIEW"}


@pytest.mark.parametrize("keep", ["true", "false"])
def test_whether_patches_are_kept_stays(keep: str) -> None:
    text = f"name: n\nspeakers: [a]\nanimation: {{engine: mesh-warp, keep_patches: {keep}}}\n"
    whole = parse(text.encode(), "t")
    draft = make_draft(whole)

    assert draft.animation.keep_patches == whole.animation.keep_patches == (keep == "true")
    assert draft.animation.choice.options == {"size": 256}


def test_an_engine_without_the_option_stays_as_it_is() -> None:
    whole = load_named_blueprint("presenter")
    bare = make_draft(whole, build=lambda choice: object())

    assert bare.animation == whole.animation
    assert bare.picture == whole.picture
