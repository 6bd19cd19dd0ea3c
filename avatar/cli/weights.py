"""Commands about weight files: list, pull, import, verify."""

from typing import Annotated, Any

import typer

from avatar.cli import options
from avatar.cli.command import OPERATE, add_command, command_group
from avatar.cli.output import print_json, step


def add_to(app: typer.Typer) -> None:
    """Add these commands to *app*."""
    weights = command_group(
        "Weight files: list, bring to this machine, verify.", "avatar weights list", "avatar weights pull"
    )
    add_command(weights, list_weights, "avatar weights list", "avatar weights list --json", name="list")
    add_command(weights, pull_weights, "avatar weights pull", name="pull")
    examples = (
        "avatar weights import ~/Downloads/vits-model vits",
        "avatar weights import s3://models/wav2lip wav2lip",
    )
    add_command(weights, import_weights, *examples, name="import")
    weights.command("bring", hidden=True)(import_weights)  # what it was called before
    add_command(weights, verify_weights, "avatar weights verify", "avatar weights verify --json", name="verify")
    app.add_typer(weights, name="weights", rich_help_panel=OPERATE)


def list_weights(as_json: options.AsJson = False) -> None:
    """List the weight files that engines and checks of consent use, with licence and whether they are here.

    Last come models that you bring yourself, for engines that load public ones.
    """
    with step("opening the engines and checking digests"):
        rows = [*_shipped_rows(), *_external_rows()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        purposes = "any purpose" if row["commercial"] else "no commercial purpose"
        licence = row["licence"] or "no licence declared"
        typer.echo(f"{row['name']}\n    {licence} ({purposes}), {row['origin']}\n    {row['state']}")


def pull_weights() -> None:
    """Bring every weight file that can be fetched to this machine, its digest checked."""
    from avatar.app.weight_files import shipped_weight_files
    from avatar.models.weights import pull

    for weights in shipped_weight_files():
        with step(f"pulling {weights.name}"):
            typer.echo(f"{weights.name}: {pull(weights)}")


def import_weights(
    source: Annotated[
        str, typer.Argument(help="A folder, s3://BUCKET/PREFIX or hub:OWNER/NAME@COMMIT/FOLDER.", show_default=False)
    ],
    name: Annotated[str, typer.Argument(help="What it is called in the weights folder.", show_default=False)],
    sha256: Annotated[str, typer.Option(help="The digest that the folder must have.", show_default=False)] = "",
) -> None:
    """Put a public model into the weights folder, and print the digest to pin it by. Nothing of it is opened."""
    from avatar.models.importer import import_model

    with step(f"copying {source}"):
        digest = import_model(source, name, sha256)
    typer.echo(f"{name}: sha256 {digest}")


def verify_weights(as_json: options.AsJson = False) -> None:
    """Check every weight file that the installed engines use. Exit status 0 means all are here and intact.

    Models that you bring yourself may be absent; those whose public digest is known are checked where they are here.
    """
    from avatar.app.weight_files import external_weight_files, shipped_weight_files
    from avatar.errors import WeightsError
    from avatar.models.weights import locate, weights_folder

    rows: list[dict[str, Any]] = []
    with step("opening the engines and checking digests"):
        here = [each for each, _ in external_weight_files() if each.sha256 and (weights_folder() / each.name).is_file()]
        for weights in (*shipped_weight_files(), *here):
            row: dict[str, Any] = {"name": weights.name, "sha256": weights.sha256, "code": "", "trouble": ""}
            try:
                locate(weights)
            except WeightsError as error:
                row |= {"code": error.code, "trouble": str(error)}
            rows.append(row)
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            typer.echo(
                f"{row['name']}: " + (f"{row['trouble']} [{row['code']}]" if row["code"] else f"sha256 {row['sha256']}")
            )
    if any(row["code"] for row in rows):
        raise typer.Exit(1)


def _shipped_rows() -> list[dict[str, Any]]:
    from avatar.app.weight_files import shipped_weight_files
    from avatar.errors import WeightsError
    from avatar.models.weights import locate

    rows = []
    for weights in shipped_weight_files():
        try:
            here, state = True, str(locate(weights))
        except WeightsError as error:
            here, state = False, f"{error.code}: {error}"
        rows.append(_row(weights, f"from {weights.source}", state, here=here))
    return rows


def _external_rows() -> list[dict[str, Any]]:
    from avatar.app.weight_files import external_weight_files
    from avatar.models.weights import weights_folder

    rows = []
    for weights, engine in external_weight_files():
        path = weights_folder() / weights.name
        here = path.exists()
        rows.append(
            _row(weights, f"brought by you, for {engine}", f"{path} is {'' if here else 'not '}here", here=here)
        )
    return rows


def _row(weights: Any, origin: str, state: str, *, here: bool) -> dict[str, Any]:
    return {
        "name": weights.name,
        "licence": weights.licence,
        "commercial": weights.commercial,
        "origin": origin,
        "here": here,
        "state": state,
    }
