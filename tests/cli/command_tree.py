"""The commands of the app as a tree, and its parser, for tests that walk all of them."""

import shlex
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from avatar.cli.main import app

ROOT = get_command(app)


def walk(group: Any = ROOT, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command and group that help shows, with the words that call it."""
    yield path, group
    if isinstance(group, TyperGroup):
        for name, command in group.commands.items():
            if not command.hidden:
                yield from walk(command, (*path, name))


def parse(line: str) -> tuple[str, ...]:
    """Parse the shell *line* with the app's own parser, run nothing, and return which command it calls."""
    words = shlex.split(line, comments=True)
    while "=" in words[0]:  # variables of the environment
        words.pop(0)
    if ">" in words:
        words = words[: words.index(">")]
    name, *rest = words
    assert name == "avatar", line
    command, path, context = ROOT, (), None
    while True:
        context = command.make_context(name, rest, parent=context)
        if not isinstance(command, TyperGroup):
            return path
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        path = (*path, name)
