"""The folder of a public speech model: looked through before anything in it is loaded."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from avatar.errors import WeightsError

CONFIG = "config.json"
ENCODER, ENCODER_CONFIG = "model_se.pth", "config_se.json"

# As the public models name their files, in the order they are looked for.
_CHECKPOINT_NAMES = ("model.pth", "model_file.pth", "best_model.pth", "checkpoint.pth", "model_file.pth.tar")
# What a configuration may have the library open while it loads, and the usual names of it in a public folder.
_FILE_FIELDS = {
    "d_vector_file": ("speakers.json", "speakers.pth"),
    "language_ids_file": ("language_ids.json",),
    "mel_statistics_parameter_path": (),
    "speaker_encoder_config_path": (ENCODER_CONFIG,),
    "speaker_encoder_model_path": (ENCODER,),
    "speakers_file": ("speaker_ids.json", "speaker_ids.pth"),
    "stats_path": ("scale_stats.npy",),
    "tokenizer_file": ("vocab.json",),
}
_NETWORK_FIELDS = ("model", "base_model", "generator_model")  # fields that name a piece of code in the library
_CLASS_FIELD = "characters_class"  # one that names a class anywhere
_TEXT_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/|//[^\n]*', re.DOTALL)


@dataclass(frozen=True)
class ModelFolder:
    """The folder at *path*, whose ``config.json`` (*said*) names the kinds of *networks* that it describes."""

    path: Path
    networks: tuple[str, ...]
    said: dict[str, Any]

    @classmethod
    def of(cls, path: Path) -> "ModelFolder":
        """Look through the folder *path*, which must call nobody.

        Raises:
            WeightsError: when there is no configuration; code ``weights.missing``; when one is not JSON; code
                ``weights.unreadable``; when one names a file or class elsewhere; code ``weights.outside``.
        """
        for other in sorted(path.glob("*.json")):
            _check_references(other, _read(other))
        said = _read(path / CONFIG) if (path / CONFIG).is_file() else None
        if not isinstance(said, dict):
            raise WeightsError(
                f"no {CONFIG} in {path}; bring it from where the checkpoint came", code="weights.missing"
            )
        return cls(path, tuple(said[name].lower() for name in _NETWORK_FIELDS if isinstance(said.get(name), str)), said)

    def holding(self, *kinds: str) -> "ModelFolder":
        """Return this folder, once all networks that it names are of *kinds*; without any, once it names none.

        Raises:
            WeightsError: when it names others; code ``weights.other-network``.
        """
        strange = [name for name in self.networks if name not in kinds]
        if strange or bool(kinds) != bool(self.networks):
            raise WeightsError(
                f"{self.path} holds {' '.join(strange) or 'a network that it does not name'}, which this engine does "
                f"not speak with; bring {' or '.join(kinds) or 'the one that the engine is called after'}",
                code="weights.other-network",
            )
        return self

    @property
    def checkpoint(self) -> Path:
        """The file of the network's tensors."""
        return self.file(*_CHECKPOINT_NAMES)

    def file(self, *names: str) -> Path:
        """Return the first file there is of *names*.

        Raises:
            WeightsError: when there is none; code ``weights.missing``.
        """
        found = next((self.path / name for name in names if (self.path / name).is_file()), None)
        if found is None:
            raise WeightsError(
                f"no {' or '.join(names)} in {self.path}; bring it from where its {CONFIG} came", code="weights.missing"
            )
        return found

    @contextmanager
    def configuration(self, name: str = CONFIG) -> Iterator[Path]:
        """Give a copy of the configuration *name* that names the files of this folder.

        Published ones name files of the machine that they were trained on.
        """
        with TemporaryDirectory(prefix="avatar-config-") as folder:
            copy = Path(folder) / name
            copy.write_text(json.dumps(_with_local_files(_read(self.path / name), self.path)), encoding="utf-8")
            yield copy


def _read(path: Path) -> Any:
    text = path.read_bytes().decode("utf-8", errors="replace")
    try:
        try:
            return json.loads(text)
        except ValueError:  # older ones have comments
            return json.loads(_TEXT_OR_COMMENT.sub(lambda found: found[0] if found[0][0] == '"' else "", text))
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not JSON; bring the original file again", code="weights.unreadable") from error


def _check_references(path: Path, said: Any) -> None:
    for name, value in _fields(said):
        if name in _FILE_FIELDS and any("://" in str(each) for each in _as_list(value)):
            raise WeightsError(
                f"{path} has {name!r} lie at {value!r}; models load from their folder alone: bring that file, and "
                "name it there",
                code="weights.outside",
            )
        if name == _CLASS_FIELD and value and not str(value).startswith("TTS."):
            raise WeightsError(
                f"{path} has {name!r} be {value!r}, which is no part of coqui-tts; bring the original file again",
                code="weights.outside",
            )


def _fields(said: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of every field anywhere in the JSON value *said*."""
    if isinstance(said, dict):
        for name, value in said.items():
            yield name, value
            yield from _fields(value)
    elif isinstance(said, list):
        for value in said:
            yield from _fields(value)


def _with_local_files(said: Any, folder: Path) -> Any:
    """Return *said* with each file that it names found in *folder*, or left out where there is none."""
    if isinstance(said, list):
        return [_with_local_files(value, folder) for value in said]
    if not isinstance(said, dict):
        return said
    return {
        name: _local_file(name, value, folder) if name in _FILE_FIELDS else _with_local_files(value, folder)
        for name, value in said.items()
    }


def _local_file(name: str, value: Any, folder: Path) -> Any:
    wanted = [Path(str(each)).name for each in _as_list(value) if each]
    there = (folder / each for each in (*wanted, *_FILE_FIELDS[name]) if _is_present(folder / each, name))
    found = next(there, None)
    if isinstance(value, list):
        return [str(found)] if found else []
    return str(found) if found else value and ""


def _is_present(path: Path, name: str) -> bool:
    # The statistics may have been turned from a pickle into an archive of arrays.
    return path.is_file() or (name == "stats_path" and path.with_suffix(".npz").is_file())


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
