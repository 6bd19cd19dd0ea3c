"""Tests of the repository as a whole: layers, names, types, documentation, and what is shipped."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
