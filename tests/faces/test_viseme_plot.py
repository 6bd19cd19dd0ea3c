from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avatar.faces.motion.viseme_plot import plot_visemes
from tests.faces.speeches import saying


@pytest.mark.parametrize(("phonemes", "rows"), [(8, 1), (60, 2)])
def test_a_speech_is_drawn_in_rows_of_four_seconds(tmp_path: Path, phonemes: int, rows: int) -> None:
    timings = saying(" ".join(["M", "AA"] * (phonemes // 2)))
    sound = np.sin(np.arange(round(timings.duration * 48_000)) / 40).astype(np.float32)
    plot_visemes(sound, 48_000, timings, tmp_path / "chart.png")

    with Image.open(tmp_path / "chart.png") as drawn:
        assert drawn.size == (1600, 310 * rows)
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 20)}
    assert len(colours) > 100


def test_what_is_said_shows(tmp_path: Path) -> None:
    drawn = []
    for symbols in ("M M M M", "AA AA AA AA"):
        plot_visemes(np.zeros(48_000, np.float32), 48_000, saying(symbols), tmp_path / "chart.png")
        drawn.append((tmp_path / "chart.png").read_bytes())
    plot_visemes(np.zeros(48_000, np.float32), 48_000, saying("M M M M"), tmp_path / "chart.png")

    assert drawn[0] != drawn[1]
    assert drawn[0] == (tmp_path / "chart.png").read_bytes()
