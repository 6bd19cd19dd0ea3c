"""Asking for a production as the command line and Prefect do."""

from collections.abc import Callable

import pytest

from avatar.app.context import AppContext
from avatar.app.delivery import prepare
from avatar.app.settings import Settings
from avatar.production.production import Production
from avatar.testing.world import TOY_BRIEF


@pytest.fixture
def ask(scene) -> Callable[[str], Production]:
    """Ask for a production of a script, played by the accomplice, in the context that the scene's world is."""
    context = AppContext(Settings(home=scene.world.folder, keys=scene.world.folder))
    # The world's own, for their clock.
    context.__dict__.update(ledger=scene.world.ledger, people=scene.world.people, studio=scene.world.studio)

    def ask(script: str) -> Production:
        return prepare(context, scene.world.blueprint, {"presenter": "mallory", "double": "mallory"}, script, TOY_BRIEF)

    return ask
