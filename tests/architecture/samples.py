"""Small modules that break the rules, one way each, and one that breaks none though its words are the same."""

HARMLESS = """
import asyncio
import subprocess
from threading import Event

import onnxruntime

from avatar.consent import Cleared

cache: dict[str, int] = {}
seen = set[int]()

class Shelf:
    def keep(self, thing: int) -> None: ...
    def remember(self, thing: int) -> None: ...
    def exchange(self) -> None: ...
    def seal(self) -> None: ...

def tidy(shelf: Shelf, done: Event) -> None:
    cache.clear()
    seen.clear()
    done.clear()
    shelf.keep(1)
    shelf.remember(1)
    shelf.exchange()
    shelf.seal()

async def main() -> None: ...

def start() -> None:
    asyncio.run(main())
    subprocess.run(["true"])
    session = onnxruntime.InferenceSession("x")
    session.run(None, {})

def recipient(cleared: Cleared[int]) -> int:
    return cleared.request
"""

# Which rule it breaks (the beginning of what it says) -> sources.
BROKEN = {
    "Only the studio runs engines": (
        """
from avatar.stages.request import Engine, Workbench
from avatar.consent import Cleared

def again(engine: Engine[int], cleared: Cleared[int], bench: Workbench) -> None:
    engine.run(cleared, bench)
""",
        """
from typing import Any

def again(tool: Any) -> None:
    tool.run()
""",
        """
from functools import partial
from avatar.testing.toys import ToyRender

work = partial(ToyRender().run)
""",
        """
from avatar.testing.toys import ToyRender

work = getattr(ToyRender(), "run")
""",
    ),
    "Only the studio asks the gate": (
        """
from avatar.studio.studio import Studio

def peek(studio: Studio) -> None:
    studio.gate.clear
""",
        """
from avatar.consent import gate as door

def peek(mine: door.Gate) -> None:
    ask = mine
    print(ask.clear)
""",
    ),
    "Only the gate mints": (
        """
from avatar.consent import _clearance as internals

make = internals.mint
""",
    ),
    "Nobody builds a Cleared": (
        """
from avatar.consent import Cleared

Proof = Cleared

def forge(at: object) -> None:
    Proof("request", (), at, None)
""",
    ),
    "Only the studio keeps": (
        """
from avatar.app.context import AppContext

def slip_in(context: AppContext) -> None:
    store = context.store
    store.keep
""",
    ),
    "Only the studio remembers": (
        """
from avatar.artifacts.store import Store

class Bigger(Store):
    pass

def remember(store: Bigger) -> None:
    print(store.remember)
""",
    ),
    "Objects are written once": (
        """
from avatar.artifacts.objects import FolderObjects, Objects

def swap(objects: Objects, folder: FolderObjects) -> None:
    objects.exchange
""",
        """
from avatar.artifacts.objects import FolderObjects

def swap(folder: FolderObjects) -> None:
    folder.exchange
""",
    ),
    "Whatever is sealed": (
        """
from avatar.artifacts.vault import Vault

def hide(vault: Vault | None) -> None:
    if vault:
        vault.seal
""",
    ),
    "Consent keeps no clock": (
        """
from datetime import datetime as moment

at = moment.now()
""",
        """
from time import time as clock

at = clock()
""",
    ),
}
