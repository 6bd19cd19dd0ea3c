"""Files and folders appear whole or not at all, and what is asked to be durable outlasts a power cut."""

import ast
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from avatar.artifacts.keyring import FolderKeyring
from avatar.artifacts.objects import FolderObjects
from avatar.consent.keys import key_at
from avatar.provenance.demo import make_demo_chain
from avatar.publishing.webhooks.subscription import Subscriptions
from avatar.runtime.atomic import (
    atomic_create,
    atomic_folder,
    atomic_write,
    create_bytes,
    make_folder,
    move,
    write_bytes,
    write_text,
)
from tests.runtime.power_cut import below, everything, nothing, rebuild, recorded

HERE = Path(__file__).parents[2]
ADA = "p-0000000000616461"

# Whoever gives a file its name another way says here why.
EXCEPTIONS = {
    "avatar/runtime/atomic.py": "this is the way",
    "avatar/runtime/workdir.py": "a folder is locked before it gets its name; after a power cut nobody needs it",
    "avatar/runtime/isolated/scripts/isolated_worker.py": "runs where this package is not installed",
    "tools/wheel_environment.py": "shares the files of an environment that is made anew at will",
}


def a_folder(root: Path) -> None:
    with atomic_folder(root / "a" / "b", durable=True) as folder:
        (folder / "c").mkdir()
        (folder / "c" / "d").write_text("deep")


def a_subscription(root: Path) -> None:
    Subscriptions(root / "keys" / "webhooks").add("https://example.com/hook", (), since=0)


def an_exchange(root: Path) -> None:
    objects = FolderObjects(root)
    objects.create("a/b", b"old")
    objects.exchange("a/b", b"new")


def break_off(writing: AbstractContextManager[Path], name: str) -> None:
    with writing as draft:
        (draft / name).write_text("half")
        raise RuntimeError


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "disk"
    root.mkdir()
    return root


def test_a_block_that_fails_leaves_what_stood_and_nothing_beside_it(tmp_path):
    (tmp_path / "a").write_text("old")

    with pytest.raises(RuntimeError):
        break_off(atomic_write(tmp_path / "a"), "")
    with pytest.raises(RuntimeError):
        break_off(atomic_create(tmp_path / "b"), "")
    with pytest.raises(RuntimeError):
        break_off(atomic_folder(tmp_path / "c"), "d")

    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_of_several_who_create_a_file_one_succeeds_and_its_content_stays(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda who: create_bytes(tmp_path / "a", bytes([who])), range(8)))

    assert made.count(True) == 1
    assert (tmp_path / "a").read_bytes() == bytes([made.index(True)])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_writers_of_the_same_file_do_not_meet_in_its_draft(tmp_path):
    with atomic_write(tmp_path / "a") as one, atomic_write(tmp_path / "a") as other:
        one.write_text("one")
        other.write_text("other")

    assert (tmp_path / "a").read_text() == "one"


def test_a_file_for_its_owner_is_never_anyone_elses(tmp_path):
    with atomic_write(tmp_path / "a", mode=0o600) as draft:
        assert stat.S_IMODE(draft.stat().st_mode) == 0o600
        draft.write_text("secret")

    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_name_as_long_as_the_file_system_takes_has_a_draft(tmp_path):
    write_text(tmp_path / ("ü" * 127), "long")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["long"]


def test_a_folder_takes_no_place_that_is_taken(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()

    with pytest.raises(OSError, match="not empty"), atomic_folder(tmp_path / "a") as folder:
        (folder / "new").touch()

    assert [path.name for path in (tmp_path / "a").iterdir()] == ["old"]


DURABLE: dict[str, Callable[[Path], object]] = {
    "a file": lambda root: write_bytes(root / "a", b"content", durable=True),
    "a text": lambda root: write_text(root / "a", "content", durable=True),
    "a new file": lambda root: create_bytes(root / "a", b"content", durable=True),
    "a file that stood": lambda root: [create_bytes(root / "a", b"content", durable=True) for _ in range(2)],
    "a moved file": lambda root: [write_bytes(root / "a", b"content"), move(root / "a", root / "b", durable=True)],
    "folders": lambda root: make_folder(root / "a" / "b" / "c", durable=True),
    "a filled folder": a_folder,
    "a signing key": lambda root: key_at(root / "keys" / "a.key", make=True),
    "a material key": lambda root: FolderKeyring(root / "keys" / "material").make(ADA),
    "an object": lambda root: FolderObjects(root).create("a/b/c", b"content"),
    "an exchanged object": an_exchange,
    "a subscription": a_subscription,
    "a signing chain": lambda root: make_demo_chain(root / "keys" / "signing", datetime(2026, 1, 1, tzinfo=UTC)),
}


@pytest.mark.parametrize("work", DURABLE.values(), ids=DURABLE)
def test_what_is_durable_stands_when_the_power_is_cut_right_after(root, work):
    with recorded(root) as disk:
        work(root)

    stays, seen = disk.moments[-1].left(nothing), disk.moments[-1].left(everything)
    assert seen
    assert {path: stays.get(path, "gone") for path in seen} == seen


@pytest.mark.parametrize("work", DURABLE.values(), ids=DURABLE)
def test_no_power_cut_leaves_half_of_it(root, work):
    """Whatever has its name has its content, whichever names and contents happened to reach the disk."""
    with recorded(root) as disk:
        work(root)

    whole = {path: set() for path in disk.moments[-1].left(everything)}
    for moment in disk.moments:
        for path, content in moment.left(everything).items():
            whole.get(path, set()).add(content)
    for moment in disk.moments:
        for path, content in moment.left(nothing).items():
            assert path not in whole or content in whole[path], path


def test_another_process_that_was_first_is_waited_for_until_its_file_is_on_disk(root):
    """It has given the file its name, and not reached the disk yet, when this process begins to rely on it."""
    with recorded(root) as disk:
        write_bytes(root / "a.key", b"00" * 32)
        (root / "b").mkdir()
        write_bytes(root / "b" / "c", b"content")
        key = key_at(root / "a.key", make=True)
        assert not FolderObjects(root).create("b/c", b"other")

    left = disk.moments[-1].left(nothing)
    assert bytes.fromhex((left["a.key"] or b"").decode()) == bytes(32)
    assert key.public
    assert "b/c" in left


def test_a_destroyed_key_is_in_no_draft_that_a_power_cut_left(root, tmp_path):
    with recorded(root) as disk:
        FolderKeyring(root).make(ADA)
        FolderKeyring(root).renew(ADA)

    number = count()
    for moment in disk.moments:
        for chance in (nothing, everything, below(f"{ADA}.key")):
            left = rebuild(moment.left(chance), tmp_path / f"left-{next(number)}")
            FolderKeyring(left).make(ADA)
            FolderKeyring(left).renew(ADA)
            FolderKeyring(left).destroy(ADA)
            assert list(left.iterdir()) == []


def calls_that_name_files(source: str) -> Iterator[str]:
    """Yield every call in *source* that puts something on disk or gives a file its name, as it is written there."""
    tree = ast.parse(source)
    own = {
        (alias.asname or alias.name): f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    modules = {
        (alias.asname or alias.name): alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            called = own.get(node.func.id, node.func.id)
        elif isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            called = f"{modules.get(owner, '')}.{node.func.attr}"
            # Of a path: text is replaced by two arguments, a date by keywords, and neither is renamed.
            if not modules.get(owner) and len(node.args) == 1:
                called = f"Path.{node.func.attr}"
        else:
            continue
        if called in _NAMING and not (called == "Path.replace" and node.keywords):
            yield ast.unparse(node)


_NAMING = {
    *(f"os.{name}" for name in ("fsync", "fdatasync", "replace", "rename", "renames", "link")),
    *("Path.replace", "Path.rename", "Path.hardlink_to", "shutil.move"),
}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("os.fsync(3)", False),
        ("import os\nos.fsync(3)", True),
        ("import os as system\nsystem.replace(a, b)", True),
        ("from os import link as bind\nbind(a, b)", True),
        ("import shutil\nshutil.move(a, b)", True),
        ("draft.replace(to)", True),
        ("(folder / 'a').rename(folder / 'b')", True),
        ("text.replace('a', 'b')", False),
        ("now.replace(tzinfo=UTC)", False),
        ("from dataclasses import replace\nreplace(terms, uses=())", False),
        ("import dataclasses\ndataclasses.replace(terms, uses=())", False),
    ],
)
def test_calls_that_name_files_are_told_from_others(line, found):
    assert bool(list(calls_that_name_files(line))) == found


def test_files_get_their_names_in_one_place_only():
    sources = [path for folder in ("avatar", "flows", "benchmarks", "tools") for path in (HERE / folder).rglob("*.py")]
    found = {
        path.relative_to(HERE).as_posix(): calls
        for path in sources
        if (calls := list(calls_that_name_files(path.read_text(encoding="utf-8"))))
    }

    others = {path: calls for path, calls in found.items() if path not in EXCEPTIONS}
    assert not others, f"write it by avatar.runtime.atomic, or say in EXCEPTIONS why not: {others}"
    assert found.keys() == EXCEPTIONS.keys()
