"""The protocol, kept by a real process that uv runs in an environment of its own."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from avatar.errors import AvatarError, ConsentError, EngineError, InputError, WeightsError
from avatar.runtime.isolated import environment
from avatar.runtime.isolated.client import IsolatedWorker
from avatar.runtime.isolated.environment import SCRIPTS_FOLDER, build_command, build_environment

TOY = Path(__file__).with_name("speak_toy.py")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    return tmp_path / "model"


@pytest.fixture
def worker(model: Path) -> Iterator[IsolatedWorker]:
    worker = IsolatedWorker(TOY, {"model": str(model), "device": "cpu"})
    yield worker
    worker.stop()


def go() -> None: ...


def said(worker: IsolatedWorker, words: str, sound: Path, *, within: float = 60.0, go=go, seed: int = 1) -> Path:
    question = {"do": "say", "words": words, "sample": "", "transcript": "", "language": "en", "seed": seed}
    worker.ask({**question, "sound": str(sound)}, within=within, go=go)
    return sound


def opened(model: Path) -> int:
    return len((model / "opened").read_text())


def ends(process: int) -> bool:
    """Wait until *process* is gone, or as good as gone: one that was ended is there until its parent has looked."""
    for _ in range(600):
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_one_process_opens_the_model_once_and_says_one_line_after_the_other(worker, model, tmp_path) -> None:
    first, again = (said(worker, "hello", tmp_path / name).read_bytes() for name in ("a.wav", "b.wav"))
    other = said(worker, "hello", tmp_path / "c.wav", seed=2).read_bytes()

    assert soundfile.info(tmp_path / "a.wav").samplerate == 24_000
    assert first == again
    assert first != other
    assert opened(model) == 1


def test_a_process_that_dies_is_started_again(worker, model, tmp_path) -> None:
    assert said(worker, "[crash once]", tmp_path / "a.wav").exists()
    assert opened(model) == 2


def test_a_process_that_dies_again_is_an_error_and_the_next_line_is_said(worker, model, tmp_path) -> None:
    with pytest.raises(EngineError, match="died twice") as refusal:
        said(worker, "[crash]", tmp_path / "a.wav")
    assert refusal.value.code == "isolated.crashed"

    assert said(worker, "hello", tmp_path / "b.wav").exists()


def test_one_that_takes_too_long_is_ended(worker, model, tmp_path) -> None:
    with pytest.raises(EngineError, match="no answer in time") as refusal:
        said(worker, "[hang]", tmp_path / "a.wav", within=1.0)

    assert refusal.value.code == "isolated.slow"
    assert ends(int((model / "working").read_text()))


def test_when_consent_ends_the_process_ends(worker, model, tmp_path) -> None:
    working = model / "working"

    def withdrawn() -> None:
        if working.exists() and working.read_text():
            raise ConsentError("consent has ended", code="consent.ended")

    with pytest.raises(ConsentError):
        said(worker, "[hang]", tmp_path / "a.wav", go=withdrawn)

    assert ends(int(working.read_text()))
    assert said(worker, "hello", tmp_path / "b.wav").exists()  # for whoever still agrees


@pytest.mark.parametrize("words", ["[lie]", "[other]"])
def test_an_answer_to_nothing_breaks_the_protocol(words: str, worker, tmp_path) -> None:
    with pytest.raises(EngineError) as refusal:
        said(worker, words, tmp_path / "a.wav")
    assert refusal.value.code == "isolated.protocol"


def test_what_the_script_refuses_is_heard_in_its_words_and_with_its_code(worker, model, tmp_path) -> None:
    with pytest.raises(InputError, match=r"speak_toy: language: 'xx' is not spoken\[31m by this model") as refusal:
        said(worker, "[refuse]", tmp_path / "a.wav")

    assert refusal.value.code == "language.not-spoken"
    assert said(worker, "hello", tmp_path / "b.wav").exists()
    assert opened(model) == 1


def test_a_script_has_no_codes_of_ours(worker, tmp_path) -> None:
    with pytest.raises(EngineError) as refusal:
        said(worker, "[odd code]", tmp_path / "a.wav")
    assert refusal.value.code == "isolated.failed"


def test_the_words_of_a_line_are_in_no_error(worker, tmp_path) -> None:
    with pytest.raises(EngineError, match="failed with a ValueError") as refusal:
        said(worker, "[fail] my secret words", tmp_path / "a.wav")
    assert "secret" not in str(refusal.value)


def test_a_model_that_is_not_there_is_named(worker, model, tmp_path) -> None:
    (model / "config.json").unlink()

    with pytest.raises(WeightsError, match=r"config\.json") as refusal:
        said(worker, "hello", tmp_path / "a.wav")
    assert refusal.value.code == "weights.missing"


def test_the_process_calls_nobody_and_sees_no_credential(worker, tmp_path, monkeypatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AVATAR_STORE", "HF_TOKEN", "UV_INDEX_PRIVATE_PASSWORD"):
        monkeypatch.setenv(name, "secret")

    with pytest.raises(EngineError, match="failed with a OSError"):
        said(worker, "[call]", tmp_path / "a.wav")
    with pytest.raises(EngineError) as told:
        said(worker, "[environment]", tmp_path / "a.wav")
    assert "HF_HUB_OFFLINE" in str(told.value)
    assert not {"AWS_SECRET_ACCESS_KEY", "AVATAR_STORE", "HF_TOKEN", "UV_INDEX_PRIVATE_PASSWORD"} & set(
        str(told.value).split()
    )


def test_a_process_whose_host_is_gone_ends_by_itself(worker, model, tmp_path) -> None:
    said(worker, "hello", tmp_path / "a.wav")
    process = worker._process.popen
    process.stdin.close()

    assert process.wait(20) == 0


@pytest.mark.parametrize("script", sorted(SCRIPTS_FOLDER.glob("speak_*.py")), ids=lambda path: path.stem)
def test_an_environment_that_nobody_prepared_names_the_command_that_does(script, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    worker = IsolatedWorker(script, {"model": str(tmp_path), "device": "cpu"})

    with pytest.raises(EngineError, match=rf"uv sync --script .*{script.name}") as refusal:
        said(worker, "hello", tmp_path / "a.wav")
    assert refusal.value.code == "isolated.not-prepared"


def test_without_uv_it_is_said_how_to_install_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(environment.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(AvatarError, match="pip install uv") as refusal:
        build_command(TOY)
    assert refusal.value.code == "isolated.no-uv"


def test_the_process_is_told_to_stay_offline(tmp_path) -> None:
    told = build_environment(tmp_path, {"PATH": "/bin", "HOME": "/home/ada", "AWS_PROFILE": "x"})

    assert told["HOME"] == told["TMPDIR"] == str(tmp_path)
    assert told["UV_CACHE_DIR"] == "/home/ada/.cache/uv"
    assert told["UV_OFFLINE"] == told["HF_HUB_OFFLINE"] == told["TRANSFORMERS_OFFLINE"] == "1"
    assert "AWS_PROFILE" not in told
