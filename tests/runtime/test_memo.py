"""The content of a file is worked on once, whatever the file is called."""

import pytest

from avatar.errors import InputError
from avatar.runtime.memo import memoize_by_content


def test_the_same_content_is_read_once_and_another_anew(tmp_path):
    read = []

    @memoize_by_content
    def length(path, times):
        read.append(path.name)
        return len(path.read_bytes()) * times

    for name, content in (("a", b"one"), ("b", b"one"), ("a2", b"three")):
        (tmp_path / name).write_bytes(content)

    assert [length(tmp_path / name, 2) for name in ("a", "b", "a2", "a")] == [6, 6, 10, 6]
    assert read == ["a", "a2"]
    assert length(tmp_path / "a", 3) == 9


def test_a_file_that_changed_is_read_again(tmp_path):
    text = memoize_by_content(lambda path: path.read_text())
    (tmp_path / "a").write_text("before")
    text(tmp_path / "a")

    (tmp_path / "a").write_text("after")

    assert text(tmp_path / "a") == "after"


def test_a_refusal_is_not_remembered(tmp_path):
    calls = []

    @memoize_by_content
    def refused(path):
        calls.append(path)
        raise InputError("no face", code="portrait.no-face")

    (tmp_path / "a").write_bytes(b"one")
    for _ in range(2):
        with pytest.raises(InputError):
            refused(tmp_path / "a")

    assert len(calls) == 2


def test_only_the_last_few_are_kept(tmp_path):
    read = []
    number = memoize_by_content(lambda path: read.append(path.name))
    for name in "abcdef":
        (tmp_path / name).write_text(name)
        number(tmp_path / name)

    number(tmp_path / "a")

    assert read == [*"abcdef", "a"]
