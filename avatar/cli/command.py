"""Base classes of the commands: real examples below every help text, and every fault of the options at once."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

MAKE, PEOPLE, LOOK, AUDIT, OPERATE = "Make", "People and consent", "Look", "Audit", "Operate"
PANELS = (MAKE, PEOPLE, LOOK, AUDIT, OPERATE)  # of ``avatar --help``, in this order


class UsageFaults(typer.BadParameter):
    """Several options of one command that will not do."""

    def format_message(self) -> str:
        return self.message


class ExampleCommand(TyperCommand):
    """A command whose epilog holds example commands, one a paragraph: printed as they are, ready to paste."""

    def __init__(self, *args: Any, epilog: str | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = _examples(epilog)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        _print_examples(self.examples)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, list(args))
        except typer.BadParameter as error:
            faults = self._faults(ctx, args)
            if len(faults) < 2:
                raise
            raise UsageFaults("\n".join(faults), ctx=ctx) from error

    def _faults(self, ctx: Any, args: list[str]) -> list[str]:
        given, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        faults = []
        for parameter in self.get_params(ctx):
            try:
                _, rest = parameter.handle_parse_result(ctx, given, rest)
            except typer.BadParameter as error:
                faults.append(error.format_message())
        return faults


class ExampleGroup(TyperGroup):
    """A group of commands with examples of its own, as :class:`ExampleCommand` has them."""

    def __init__(self, *args: Any, epilog: str | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = _examples(epilog)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names, panel by panel."""
        return sorted(super().list_commands(ctx), key=lambda name: _panel(self.commands[name]))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super().format_help(ctx, formatter)
        _print_examples(self.examples)


def _panel(command: Any) -> int:
    return PANELS.index(command.rich_help_panel) if command.rich_help_panel in PANELS else len(PANELS)


def add_command(
    app: typer.Typer, function: Callable[..., Any], *examples: str, name: str | None = None, panel: str | None = None
) -> None:
    """Add the command *function* to *app*, with *examples* of how it is called, under *panel* of ``avatar --help``."""
    register = app.command(name, cls=ExampleCommand, epilog="\n\n".join(examples), rich_help_panel=panel)
    register(function)


def command_group(help: str, *examples: str) -> typer.Typer:
    """Return an empty group of commands with this *help* and these *examples*."""
    return typer.Typer(cls=ExampleGroup, help=help, epilog="\n\n".join(examples), no_args_is_help=True)


def _examples(epilog: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (epilog or "").split("\n\n")))


def _print_examples(examples: tuple[str, ...]) -> None:
    if not examples:
        return
    typer.echo(" Examples:")
    for example in examples:
        for line in example.splitlines():
            typer.echo(f"   {line}")
    typer.echo()
