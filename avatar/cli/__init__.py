"""The ``avatar`` command."""

from avatar.cli.main import main

__all__ = ["main"]
