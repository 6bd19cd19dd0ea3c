"""D: blueprints that are more than a plain list of choices. There is no context yet when they are read."""

import pytest

from avatar.production.blueprint.load import load, parse
from tests.redteam.cases import attack

HEAD = b"name: x\nspeakers: [presenter]\n"


def read(scene, text: bytes) -> None:
    with scene.attacked():
        parse(text, "x.yaml")


@attack(
    "lists of aliases of lists of aliases fill the memory", by="strict blueprint", code="blueprint.alias", entry=False
)
def test_a_bomb_of_aliases(scene):
    levels = ["a: &a [x, x, x, x]"] + [
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    read(scene, HEAD + "\n".join(levels).encode())


@attack("an alias merges one mapping into another", by="strict blueprint", code="blueprint.alias", entry=False)
def test_merge_keys(scene):
    read(scene, HEAD + b"voice: &v {engine: adapted}\nlips: {<<: *v}\n")


@attack("a tag makes a Python object", by="strict blueprint", code="blueprint.tag", entry=False)
@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['id']", "!!python/name:os.system", "!ruby/object:X {}"]
)
def test_tags(scene, tag):
    read(scene, HEAD + f"title: {tag}\n".encode())


@attack("brackets nested without an end", by="strict blueprint", code="blueprint.syntax", entry=False)
def test_depth(scene):
    read(scene, HEAD + b"title: " + b"[" * 20_000)


@attack(
    "a key is given twice, once for the reader and once for the program",
    by="strict blueprint",
    code="blueprint.twice",
    entry=False,
)
def test_a_key_twice(scene):
    read(scene, HEAD + b"voice: {engine: adapted}\nvoice: {engine: xtts}\n")


@attack("a key nobody knows, to switch consent off", by="strict blueprint", code="blueprint.unknown-key", entry=False)
def test_an_unknown_key(scene):
    read(scene, HEAD + b"consent: off\n")


@attack("two documents in one file", by="strict blueprint", code="blueprint.syntax", entry=False)
def test_two_documents(scene):
    read(scene, HEAD + b"---\n" + HEAD)


@attack("bytes that are no text", by="strict blueprint", code="blueprint.syntax", entry=False)
@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"\x00", b"name: \xc3\x28\n"])
def test_no_text(scene, text):
    read(scene, text)


@attack("a blueprint of megabytes", by="strict blueprint", code="blueprint.too-large", entry=False)
def test_a_large_blueprint(scene, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(HEAD + b"# " + b"x" * 100_000)

    with scene.attacked():
        load(path)


@attack("a blueprint names a device or a folder", by="plain files", code="blueprint.missing", entry=False)
@pytest.mark.parametrize("place", ["/dev/zero", "/"])
def test_a_device(scene, tmp_path, place):
    path = tmp_path / "x.yaml"
    path.symlink_to(place)

    with scene.attacked():
        load(path)


@attack("a blueprint names an engine by its import path", by="named engines", code="engine.unknown", entry=False)
def test_an_import_path(scene):
    read(scene, HEAD + b"voice: {engine: 'os:system'}\n")


@attack(
    "a blueprint gives an engine's class attributes as options",
    by="named engines",
    code="engine.unknown-option",
    entry=False,
)
def test_class_attributes(scene):
    read(scene, HEAD + b"voice: {engine: adapted, version: 99}\n")
