"""The page of commands, from the command line itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from avatar.cli.command import PANELS
from avatar.cli.main import app
from tools.reference.markdown import code

_HEAD = """# Commands

`avatar COMMAND --help` shows the same on the terminal. Exit status 0 means yes or done, 1 a refusal or a finding, 2 a
command that was typed wrongly.
"""


def page() -> str:
    """Return every command, panel by panel, with its arguments, options and examples."""
    root = typer.main.get_command(app)
    context = root.context_class(root, info_name="avatar")
    named = {name: root.get_command(context, name) for name in root.list_commands(context)}
    parts = [_HEAD, *_options(root, context)]
    for panel in PANELS:
        parts.append(f"## {panel}\n")
        for name, command in named.items():
            if command.rich_help_panel == panel and not command.hidden:
                parts += _command(name, command, context, 3)
    return "\n".join(parts)


def _command(name: str, command: Any, above: Any, level: int) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=above)
    yield f"{'#' * level} {context.command_path}\n"
    yield f"{_plain(command.help or '')}\n"
    if hasattr(command, "list_commands"):
        for each in command.list_commands(context):
            yield from _command(each, command.get_command(context, each), context, level + 1)
        return
    usage = f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    yield f"```text\n{usage}\n```\n"
    yield from _options(command, context)
    if examples := getattr(command, "examples", ()):
        yield "For example:\n\n```sh\n{}\n```\n".format("\n".join(examples))


def _options(command: Any, context: Any) -> Iterator[str]:
    shown = (each for each in command.get_params(context) if not getattr(each, "hidden", False) and each.name != "help")
    lines = [_line(each, context) for each in shown]
    if lines:
        yield "\n".join(lines) + "\n"


def _line(parameter: Any, context: Any) -> str:
    names = " / ".join((*parameter.opts, *parameter.secondary_opts))
    if parameter.param_type_name == "argument":
        names = parameter.name.rstrip("_").upper()
    notes = [getattr(parameter, "help", None) or ""]
    if parameter.required:
        notes.append("Required.")
    elif (default := _default(parameter, context)) is not None:
        notes.append(f"Default: {default}.")
    return f"- {code(names)}: " + " ".join(_plain(note) for note in notes if note)


def _default(parameter: Any, context: Any) -> str | None:
    shown = getattr(parameter, "show_default", None)
    if isinstance(shown, str):
        return shown
    value = parameter.get_default(context, call=False)
    if shown is False or value is None or callable(value) or isinstance(value, bool) or value in ("", [], ()):
        return None
    if isinstance(value, (list, tuple)):
        return ", ".join(code(each) for each in value)
    return code(Path(value).name if isinstance(value, Path) and value.is_absolute() else value)


def _plain(text: str) -> str:
    """Return help text as Markdown: blocks that the terminal shows line by line stay so."""
    text = re.sub(r"\n?\x08\n", "\n", text).replace("\f", "\n").strip()
    return re.sub(r"<(?=[A-Za-z/])", "&lt;", text)
