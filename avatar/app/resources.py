"""Folders of data that the product ships: blueprints, and the synthetic performers of the demonstration."""

from importlib.resources import files
from pathlib import Path


def resource_folder(name: str) -> Path:
    """Return the folder *name* of ``avatar/data``: files of the wheel, or a link to the top of a checkout."""
    return Path(str(files("avatar") / "data" / name))


BLUEPRINTS = resource_folder("blueprints")
PERFORMERS = resource_folder("performers")
