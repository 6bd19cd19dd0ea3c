import json
from pathlib import Path

import pytest

from avatar.errors import WeightsError
from avatar.voices.backends.model_folder import ModelFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model_file.pth").write_bytes(b"tensors")
    return tmp_path


def settled(folder: Path, said: object) -> object:
    (folder / "config.json").write_text(json.dumps(said))
    with ModelFolder.of(folder).configuration() as copy:
        return json.loads(copy.read_text())


def test_files_of_the_trainers_machine_are_found_in_the_folder(folder: Path) -> None:
    (folder / "speakers.pth").write_bytes(b"")
    (folder / "language_ids.json").write_text("{}")
    said = {
        "model": "vits",
        "d_vector_file": ["/home/trainer/run/speakers.pth"],
        "model_args": {"speakers_file": "/home/trainer/run/speakers.pth", "language_ids_file": None},
        "audio": {"stats_path": "/home/trainer/scale_stats.npy"},
    }

    assert settled(folder, said) == {
        "model": "vits",
        "d_vector_file": [str(folder / "speakers.pth")],
        "model_args": {
            "speakers_file": str(folder / "speakers.pth"),
            "language_ids_file": str(folder / "language_ids.json"),
        },
        "audio": {"stats_path": ""},  # there is none: the trainer's is not looked for
    }


def test_a_name_leads_nowhere_but_into_the_folder(folder: Path) -> None:
    said = {"model": "vits", "speakers_file": "/etc/passwd", "d_vector_file": ["../../etc/passwd"]}

    assert settled(folder, said) == {"model": "vits", "speakers_file": "", "d_vector_file": []}


def test_an_older_configuration_has_comments(folder: Path) -> None:
    (folder / "config.json").write_text('{"model": "Tacotron2", // the "model"\n /* {"a": 1} */ "url": "s://x"}')

    found = ModelFolder.of(folder).holding("tacotron2")

    assert found.said == {"model": "Tacotron2", "url": "s://x"}
    assert found.checkpoint == folder / "model_file.pth"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "weights.unreadable"),
        ("[" * 100_000, "weights.unreadable"),
        ('"vits"', "weights.missing"),
        ('{"model": "xtts"}', "weights.other-network"),
        ("{}", "weights.other-network"),
        ('{"model": "vits", "audio": {"stats_path": "https://x.test/s.npy"}}', "weights.outside"),
    ],
)
def test_a_configuration_that_will_not_do_is_refused(folder: Path, text: str, code: str) -> None:
    (folder / "config.json").write_text(text)

    with pytest.raises(WeightsError) as refusal:
        ModelFolder.of(folder).holding("vits")
    assert refusal.value.code == code
