"""Prefect artifacts of a run: progress, summary, contact sheet."""

import base64
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)

from avatar.app.delivery import Delivered
from avatar.artifacts.artifact import SignedVideo
from avatar.studio.studio import ProgressEvent
from flows.concurrency import place

_FINAL_STEPS = 1  # assembling and publishing count as one more line
_SHEET_SIZE_PX = (960, 960)  # pixels at most; the full sheet lies beside the video


@dataclass(frozen=True)
class ProgressBar:
    """A progress artifact of this run."""

    artifact: UUID

    def lines(self, finished: int, of: int) -> None:
        """Show that *finished* lines *of* all are done."""
        self._show(100 * finished / (of + _FINAL_STEPS), f"{finished} of {of} lines")

    def removed(self, finished: int, of: int) -> None:
        """Show that *finished* artifacts *of* all that are due are gone."""
        self._show(100 * finished / of, f"{finished} of {of} artifacts removed")

    def whole(self, what: str = "published") -> None:
        """Show that all is done."""
        self._show(100.0, what)

    def _show(self, percent: float, what: str) -> None:
        update_progress_artifact(self.artifact, percent, what)


def begin_progress() -> ProgressBar:
    """Put a progress bar on the page of this run."""
    artifact = create_progress_artifact(0.0, key="progress", description="preparing")
    assert isinstance(artifact, UUID)  # a coroutine only where an event loop runs
    return ProgressBar(artifact)


@dataclass
class _Row:
    made: int = 0
    recalled: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Tally:
    """Counts what was made and what was recalled, by line."""

    _rows: dict[str, _Row] = field(default_factory=lambda: defaultdict(_Row))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, moment: ProgressEvent) -> None:
        """Take in one moment of the studio. Called from several threads."""
        if moment.what not in ("kept", "recalled"):
            return
        with self._lock:
            row = self._rows[place()]
            row.made += moment.what == "kept"
            row.recalled += moment.what == "recalled"
            row.seconds += moment.seconds

    def table(self) -> str:
        """Return the counts as a Markdown table, the lines in order and the whole last."""
        rows = sorted(self._rows.items(), key=lambda item: (not item[0].startswith("line"), len(item[0]), item[0]))
        cells = (f"| {name} | {row.made} | {row.recalled} | {row.seconds:.1f} |" for name, row in rows)
        return "\n".join(("| part | made | recalled | seconds |", "|---|---:|---:|---:|", *cells))


def show_summary(signed: SignedVideo, delivered: Delivered, tally: Tally, seconds: float) -> None:
    """Put where the video lies, what a verifier says of it, and what it cost, on the page of this run."""
    holds = " ".join(delivered.verdict.holds)
    facts = (
        f"| video | `{delivered.video}` |",
        f"| digest | `{signed.digest}` |",
        f"| verdict | trusted. {holds} |",
        f"| seconds | {seconds:.1f} |",
    )
    create_markdown_artifact(
        "\n".join(("| | |", "|---|---|", *facts, "", tally.table())),
        key="summary",
        description="Where the video lies, whether it is trusted, and what it cost",
    )


def show_contact_sheet(sheet: Path) -> None:
    """Put the contact sheet in the PNG file *sheet* on the page of this run."""
    # The page only takes an address; the picture travels inside one, so no file server is needed.
    create_image_artifact(_data_url(sheet), key="contact-sheet", description="The video at a glance")


def _data_url(sheet: Path) -> str:
    from PIL import Image

    with Image.open(sheet) as picture:
        small = picture.convert("RGB")
    small.thumbnail(_SHEET_SIZE_PX)
    jpeg = BytesIO()
    small.save(jpeg, "JPEG", quality=75)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"
