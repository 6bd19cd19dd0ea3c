"""Do the lips of finished videos follow their own sound? Measured in the pixels and in the sound track of the mp4.

Each video is a whole production. Its sound is aligned with the script by an acoustic model that knows nothing of what
the voice had planned; its mouth is measured by the landmark networks. One of the portraits is not shipped with the
project: it is made here, half ben and half mia.
"""

import tempfile
from functools import partial
from pathlib import Path

from avatar import intake
from avatar.blueprint.load import parse
from avatar.cli.demo import BRIEF, PERFORMERS, TERMS
from avatar.compose import House
from avatar.delivery import deliver, prepare
from avatar.faces.blazeface import DETECTOR
from avatar.faces.landmarker import Landmarker
from avatar.faces.lipsync import LipSync
from avatar.faces.mesh import MESH
from avatar.production import direct
from avatar.seeing import lips_in, timings_in
from avatar.settings import Settings
from avatar.weights import locate
from benchmarks.portrait import between
from benchmarks.rows import Row, options, show

_SCRIPT = (
    "Paul, please bring me the brown umbrella before Friday. My brother moved five big maps from the living room. "
    "A short pause, then we go on: why would anybody walk home? The studio asks people before it uses their voice."
)
_BLUEPRINT = "name: lipsync\nspeakers: [one]\nanimation: {{engine: {engine}}}\n"


def main() -> None:
    """Make the videos, measure them, and print the table."""
    wanted = options(__doc__)
    landmarker = Landmarker.load(locate(DETECTOR), locate(MESH))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        house = House(Settings(home=Path(folder) / ".avatar"))
        for name, portrait, voice in _people(Path(folder), landmarker):
            _consenting(house, name, portrait, voice)
            for engine in ("mesh-warp",):
                video = _video(house, name, engine, Path(folder) / name / engine)
                rows += _rows(f"{name}, {engine}", lips_in(video, timings_in(video, _SCRIPT)))
    show(rows, wanted.json)


def _people(folder: Path, landmarker: Landmarker) -> list[tuple[str, Path, str]]:
    """Return who speaks: an alias, a portrait, and the performer whose voice they have."""
    stranger = folder / "stranger.png"
    between(PERFORMERS / "ben.png", PERFORMERS / "mia.png", landmarker, stranger)
    return [
        ("ava", PERFORMERS / "ava.png", "ava"),
        ("ben", PERFORMERS / "ben.png", "ben"),
        ("stranger", stranger, "mia"),
    ]


def _consenting(house: House, name: str, portrait: Path, voice: str) -> None:
    said = PERFORMERS / f"{voice}_statement.flac", PERFORMERS / f"{voice}_statement.txt"
    samples = [partial(intake.portrait, portrait), partial(intake.voice, *said)]
    house.people.agree(house.people.enroll(name, "synthetic", samples), TERMS)


def _video(house: House, name: str, engine: str, to: Path) -> Path:
    blueprint = parse(_BLUEPRINT.format(engine=engine).encode(), "lipsync")
    production = prepare(house, blueprint, {"one": name}, _SCRIPT, BRIEF)
    signed = direct(production, house.studio.under(production.asks))
    return deliver(house, signed, to).video


def _rows(what: str, found: LipSync) -> list[Row]:
    return [
        Row(f"{what}: correlation", found.correlation, ""),
        Row(f"{what}: lag", found.lag, "frames"),
        Row(f"{what}: closed", found.closed, "of the frames of P, B and M"),
        Row(f"{what}: moves in silence", found.moves_in_silence, "of the range"),
    ]


if __name__ == "__main__":
    main()
