"""Blueprints are strict: whatever is wrong is named with its line."""

from pathlib import Path

import pytest

from avatar.errors import InputError
from avatar.production.blueprint.load import load, parse
from avatar.stages.registry import EngineSpec, assemble
from avatar.testing.toys import TOYS

SHIPPED = sorted((Path(__file__).parents[2] / "blueprints").glob("*.yaml"))

TOY = """\
name: toy
speakers: [presenter]
learning: {engine: ear}
voice: {engine: beep, pitch: 440}
animation: {engine: still}
swap: {engine: tint, face: double}
lips: {engine: hush}
picture: {engine: reel}
assembly: {engine: splice}
publication: {engine: stamp}
"""


def toys(choice):
    return assemble(choice, TOYS)


def refused(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as refusal:
        parse(text.encode() if isinstance(text, str) else text, "b.yaml", toys)
    return refusal.value


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_blueprint_loads(path):
    assert load(path).name == path.stem


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_blueprint_opens_with_a_line_that_says_what_it_is(path):
    first = path.read_text().splitlines()[0]

    assert first.startswith("# ")
    assert first.endswith(".")


def test_a_blueprint_says_which_engine_does_what():
    blueprint = parse(TOY.encode(), "b.yaml", toys)

    assert blueprint.voice.choice == EngineSpec("beep", {"pitch": 440})
    assert blueprint.swap is not None
    assert blueprint.swap.choice == EngineSpec("tint")
    assert blueprint.roles == ("presenter", "double")


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (("name: toy", "nam: toy"), "blueprint.unknown-key", "line 1: unknown key 'nam'; did you mean 'name'?"),
        (("lips:", "lip:"), "blueprint.unknown-key", "line 7: unknown key 'lip'; did you mean 'lips'?"),
        (("lips: {engine: hush}", "lips: {}"), "blueprint.bad-value", "line 7, 'lips.engine': field required"),
        (("lips: {engine: hush}", "lips: hush"), "blueprint.bad-value", "line 7, 'lips': "),
        (("lips: {engine: hush}", "name: again"), "blueprint.twice", "line 7: 'name' is given twice"),
        (("{engine: hush}", "{engine: hush, engine: hush}"), "blueprint.twice", "line 7: 'engine' is given twice"),
        (("engine: hush", "engine: hus"), "engine.unknown", "line 7, 'lips': no engine 'hus'; did you mean 'hush'?"),
        (("pitch: 440", "pich: 440"), "engine.unknown-option", "line 4, 'voice': engine 'beep' has no option 'pich'"),
        (("engine: hush", "engine: hush, keep_patch: 1"), "engine.unknown-option", "did you mean 'keep_patches'?"),
        (("pitch: 440", "pitch: high"), "engine.bad-option", "line 4, 'voice': engine 'beep', option 'pitch': 'high'"),
        (("engine: hush", "engine: tint"), "engine.wrong-stage", "line 7, 'lips': engine 'tint' does SwapFace, not"),
        (("engine: hush", "engine: os:system"), "engine.unknown", "line 7, 'lips': no engine 'os:system'"),
        ((", face: double", ""), "blueprint.bad-value", "line 6, 'swap.face': field required"),
        (("[presenter]", "[]"), "blueprint.bad-value", "line 2, 'speakers': "),
        (("[presenter]", "presenter"), "blueprint.bad-value", "line 2, 'speakers': "),
        (("name: toy", "name: 7"), "blueprint.bad-value", "line 1, 'name': "),
        (("name: toy", "name: toy\nlayout: round"), "blueprint.bad-value", "line 2, 'layout': "),
        (("name: toy", "name: toy\nlower_third: {host: x}"), "blueprint.bad-value", "lower_third names 'host'"),
        (("name: toy", "name: [toy"), "blueprint.syntax", "line 2: "),
        (("name: toy", "name: 2030-13-99"), "blueprint.syntax", "line 1: month must be in 1..12; put it in quotes"),
        (("name: toy", "name: " + "9" * 5000), "blueprint.syntax", "line 1: "),
        (("name: toy", "name: !!python/object/apply:os.system [id]"), "blueprint.", "line 1"),
        (("name: toy", "name: &n toy\ntitle: *n"), "blueprint.alias", "line 2: aliases (*n) are not allowed"),
        (("name: toy", "<<: {name: toy}"), "blueprint.unknown-key", "line 1: unknown key '<<'"),
        (("name: toy", "? [a, b]\n: c\nname: toy"), "blueprint.unknown-key", "unknown key"),
        (("name: toy", "name: toy\n---\nname: two"), "blueprint.syntax", "line"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(change, code, message):
    before, after = change
    assert before in TOY
    error = refused(TOY.replace(before, after, 1))

    assert error.code.startswith(code)
    assert str(error).startswith("blueprint b.yaml, line ")
    assert message.lower() in str(error).lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "hello",
        "[]",
        "7",
        "null",
        "\x00",
        b"\xff\xfe\x00",
        "\t",
        "a: b: c",
        "{" * 30_000,
        "[" * 60_000,
        "- " * 30_000,
    ],
)
def test_what_is_no_blueprint_is_refused(text):
    assert refused(text).code in ("blueprint.syntax", "blueprint.bad-value", "blueprint.unknown-key")


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))

    assert refused(bomb).code == "blueprint.alias"


def test_an_alias_of_itself_is_refused():
    assert refused("name: &n [*n]").code == "blueprint.alias"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_text("#" * 70_000)

    with pytest.raises(InputError, match="larger than") as refusal:
        load(path)
    assert refusal.value.code == "blueprint.too-large"


def test_a_file_that_is_not_there_comes_with_a_hint(tmp_path):
    (tmp_path / "presenter.yaml").write_text(TOY)

    for path in (tmp_path / "presentr.yaml", tmp_path, tmp_path / "none" / "b.yaml"):
        with pytest.raises(InputError, match="there is no file") as refusal:
            load(path)
        assert refusal.value.code == "blueprint.missing"
    with pytest.raises(InputError, match="did you mean 'presenter'"):
        load(tmp_path / "presentr.yaml")


def test_a_glossary_says_how_words_are_pronounced():
    blueprint = parse(
        f"{TOY}glossary:\n  Siobhan: {{ipa: ʃɪˈvɔːn}}\n  nginx: {{say: engine ex}}\n".encode(), "b.yaml", toys
    )

    assert blueprint.glossary["nginx"].say == "engine ex"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("Siobhan: {ipb: x}", "unknown key 'glossary.Siobhan.ipb'; did you mean 'ipa'?"),
        ("Siobhan: {ipa: qqq}", "is not a sound of English"),
        ("two words: {say: x}", "write one word"),
        ("Siobhan: {say: x, ipa: a}", "one of say, ipa and arpabet"),
    ],
)
def test_a_glossary_that_cannot_be_spoken_is_refused(entry, told):
    assert told in str(refused(f"{TOY}glossary:\n  {entry}\n"))
