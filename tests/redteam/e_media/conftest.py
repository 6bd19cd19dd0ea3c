"""The door, honest files to damage, and someone who listens whether a decoder calls."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from avatar.people import samples
from benchmarks.fuzz_media import Listener, listening
from benchmarks.hostile_media import Sane, made, sane

PREPARE = {
    "portrait": samples.check_portrait,
    "sound": lambda path, room: samples.check_voice(path, None, room),
    "footage": samples.check_footage,
}


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Sane:
    return sane(tmp_path_factory.mktemp("sane"))


@pytest.fixture(autouse=True)
def listener() -> Iterator[Listener]:
    """Whatever a file says, nobody is called."""
    with listening() as listener:
        yield listener
        assert listener.calls == []


@pytest.fixture
def bring(scene) -> Callable[[str, Path], None]:
    """Enrol someone with a file, as *avatar enroll* does, and hold that to the case's refusal."""

    def bring(door: str, path: Path) -> None:
        with scene.attacked():
            scene.world.people.enroll("newcomer", "synthetic", [partial(PREPARE[door], path)])
        assert "newcomer" not in {person.alias for person in scene.world.people.all()}

    return bring


@pytest.fixture
def knock(bring, honest, listener, tmp_path) -> Callable[..., None]:
    """Bring a file that tries the attack of this name, under a name that says nothing."""

    def knock(attack: str, seed: int = 0) -> None:
        door, data = made(attack, honest, listener.url, seed)
        path = tmp_path / "x.mp4"
        path.write_bytes(data)
        bring(door, path)

    return knock
