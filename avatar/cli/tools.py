"""Commands for auditors and engineers: verify, detect, engines, weights."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    app.command()(verify)
    app.command()(detect)
    app.command()(engines)
    weights = typer.Typer(help="Weight files: list, bring to this machine, verify.", no_args_is_help=True)
    weights.command("list")(list_weights)
    weights.command("pull")(pull_weights)
    weights.command("bring")(bring_weights)
    weights.command("verify")(verify_weights)
    app.add_typer(weights, name="weights")


def verify(
    file: Annotated[Path, typer.Argument(help="The video to check.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a video: is it signed, intact, in the ledger, and does consent still stand? Exit status 0 means trusted."""
    from avatar.app.context import open_app

    verdict = open_app().examine(file)
    typer.echo(json.dumps(verdict.as_json(), indent=2) if as_json else verdict.explain())
    if not verdict.trusted:
        raise typer.Exit(1)


def detect(
    file: Annotated[Path, typer.Argument(help="A video (mp4), or sound (wav, flac, ogg, mp3).", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Look for our marks in anyone's file; no key and no store is needed. Exit status 0 means that one was found."""
    from avatar.watermark.verify import marks_in

    marks = marks_in(file)
    typer.echo(json.dumps(marks.as_json(), indent=2) if as_json else "\n".join(marks.explain()))
    if not marks.found:
        raise typer.Exit(1)


def engines() -> None:
    """List the installed engines with the work they do and their options."""
    from dataclasses import fields

    from avatar.stages.registry import EngineSpec, build, installed, request_of

    for name in sorted(installed()):
        engine = build(EngineSpec(name))
        said = (type(engine).__doc__ or "").strip().splitlines()[0]
        options = ", ".join(f"{field.name}={getattr(engine, field.name)!r}" for field in fields(engine))
        typer.echo(f"{name} ({request_of(engine).__name__})\n    {said}\n    options: {options or 'none'}")


def list_weights() -> None:
    """List the weight files that engines and checks of consent use, with licence and whether they are here.

    Last come models that you bring yourself, for engines that load public ones.
    """
    from avatar.errors import WeightsError
    from avatar.models.weights import locate, weights_folder

    for weights in _all():
        try:
            state = str(locate(weights))
        except WeightsError as error:
            state = f"{error.code}: {error}"
        _show(weights, f"from {weights.source}", state)
    for weights, engine in _brought():
        path = weights_folder() / weights.name
        _show(weights, f"brought by you, for {engine}", f"{path} is {'' if path.exists() else 'not '}here")


def _show(weights: Any, origin: str, state: str) -> None:
    purposes = "any purpose" if weights.commercial else "no commercial purpose"
    typer.echo(f"{weights.name}\n    {weights.licence or 'no licence declared'} ({purposes}), {origin}\n    {state}")


def pull_weights() -> None:
    """Bring every weight file that can be fetched to this machine, its digest checked."""
    from avatar.models.weights import pull

    for weights in _all():
        typer.echo(f"{weights.name}: {pull(weights)}")


def bring_weights(
    source: Annotated[
        str, typer.Argument(help="A folder, s3://BUCKET/PREFIX or hub:OWNER/NAME@COMMIT/FOLDER.", show_default=False)
    ],
    name: Annotated[str, typer.Argument(help="What it is called in the weights folder.", show_default=False)],
    sha256: Annotated[str, typer.Option(help="The digest that the folder must have.", show_default=False)] = "",
) -> None:
    """Put a public model into the weights folder, and print the digest to pin it by. Nothing of it is opened."""
    from avatar.models.importer import import_model

    typer.echo(f"{name}: sha256 {import_model(source, name, sha256)}")


def verify_weights() -> None:
    """Check every weight file that the installed engines use. Exit status 0 means all are here and intact.

    Models that you bring yourself may be absent; those whose public digest is known are checked where they are here.
    """
    from avatar.errors import WeightsError
    from avatar.models.weights import locate, weights_folder

    here = [each for each, _ in _brought() if each.sha256 and (weights_folder() / each.name).is_file()]
    bad = 0
    for weights in (*_all(), *here):
        try:
            locate(weights)
        except WeightsError as error:
            bad += 1
            typer.echo(f"{weights.name}: {error} [{error.code}]")
        else:
            typer.echo(f"{weights.name}: sha256 {weights.sha256}")
    if bad:
        raise typer.Exit(1)


def _all() -> list[Any]:
    from avatar.capture.default_analyzer import WEIGHTS
    from avatar.stages.registry import installed

    found = {weights.name: weights for load in installed().values() for weights in load().weights}
    found |= {weights.name: weights for weights in WEIGHTS}
    return [found[name] for name in sorted(found)]


def _brought() -> list[tuple[Any, str]]:
    from avatar.models.weights import external_weights
    from avatar.stages.registry import installed

    return [(weights, name) for name, load in sorted(installed().items()) for weights in external_weights(load()())]
