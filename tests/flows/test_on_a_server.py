"""Productions on a real Prefect server."""

import base64
import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from avatar.app.context import AppContext
from avatar.app.delivery import prepare
from avatar.app.settings import Settings
from avatar.artifacts.artifact import VoiceSample
from avatar.errors import StoreError
from avatar.media.decode import decode
from avatar.people.samples import check_portrait, check_voice
from avatar.production.blueprint.load import load
from avatar.production.production import direct
from avatar.stages.registry import EngineSpec, assemble, installed
from avatar.stages.voice import LearnVoice
from avatar.testing.toys import TOYS
from avatar.testing.world import TOY_BRIEF
from flows.perform import InTasks, perform
from tests.flows.conftest import ABOUT, ROOT, TERMS, Server, Studio, enroll
from tests.flows.toys import ROUGH
from tests.publishing.webhooks.receiver import receiving

pytestmark = pytest.mark.slow

# A task run outside of a flow run has nowhere to send its log.
quiet = pytest.mark.filterwarnings("ignore:Logger .* attempted to send logs")

SCRIPT = "Secretive pelicans assemble quietly at dawn. Nobody else was invited."


def test_a_run_triggered_from_a_terminal_completes(server: Server, studio: Studio, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "prefect", "deployment", "run", "produce/toy", "--watch"]
    command += ["--param", 'cast={"presenter": "ada"}', "--param", f"script={json.dumps(SCRIPT)}"]
    command += [part for name, value in ABOUT.items() for part in ("--param", f"{name}={json.dumps(value)}")]
    told = subprocess.run(command, env=server.environment, capture_output=True, text=True, timeout=180, check=False)

    assert told.returncode == 0, told.stdout + told.stderr


def test_a_finished_run_leaves_files_and_shows_progress_a_summary_and_a_contact_sheet(
    server: Server, studio: Studio
) -> None:
    filled = {"script": SCRIPT.replace("pelicans", "{birds}"), "values": {"birds": "pelicans"}}
    said = {"glossary": {"pelicans": {"say": "pelicones"}}}
    answer = server.ask("toy", cast={"presenter": "ada"}, out="out/shown", **filled, **said)
    asked = answer.raise_for_status().json()

    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Completed", server.logs_of(asked["id"])
    files = {path.name for path in (studio.folder / "out" / "shown").iterdir()}
    assert files == {"video.mp4", "captions.vtt", "captions.srt", "contact-sheet.png", "ledger-proof.txt"}
    artifacts = server.artifacts_of(asked["id"])
    assert artifacts["progress"]["data"] == 100.0
    assert "out/shown/video.mp4" in artifacts["summary"]["data"]
    assert "trusted" in artifacts["summary"]["data"]
    kind, _, picture = artifacts["contact-sheet"]["data"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(picture).startswith(b"\xff\xd8")


def test_each_request_is_a_task_run_named_by_kind_and_line_and_no_log_tells_the_script(
    server: Server, studio: Studio
) -> None:
    asked = server.ask("toy", cast={"presenter": "ada"}, script=SCRIPT).raise_for_status().json()
    server.finished(asked["id"])

    names = {task["name"] for task in server.tasks_of(asked["id"])}
    assert names == {
        "LearnVoice, whole",
        *(f"{kind}, line {line}" for kind in ("CloneVoice", "AnimateFace", "Render") for line in (1, 2)),
        "Assemble, whole",
        "Publish, whole",
    }
    logs = server.logs_of(asked["id"])
    assert "Finished in state Completed" in logs
    assert "pelicans" not in logs
    assert "ada" not in logs


def test_a_run_with_someone_who_withdrew_ends_refused_before_any_task_and_with_no_traceback(
    server: Server, studio: Studio
) -> None:
    asked = server.ask("toy", cast={"presenter": "gone"}, script=SCRIPT).raise_for_status().json()

    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Refused"
    assert run["state"]["type"] == "FAILED"
    assert "[consent." in run["state"]["message"]
    assert server.tasks_of(asked["id"]) == []
    logs = server.logs_of(asked["id"])
    assert "Finished in state Refused" in logs
    for told in (logs, (studio.folder / "served.log").read_text()):
        assert "Traceback" not in told
        assert "pelicans" not in told


def test_a_run_scheduled_before_a_withdrawal_ends_refused_and_its_watcher_not_zero(
    server: Server, studio: Studio
) -> None:
    enroll(studio.context, "later")
    command = [
        sys.executable,
        "-m",
        "prefect",
        "deployment",
        "run",
        "produce/toy",
        "--start-in",
        "15 seconds",
        "--watch",
    ]
    command += ["--param", 'cast={"presenter": "later"}', "--param", f"script={json.dumps(SCRIPT)}"]
    command += [part for name, value in ABOUT.items() for part in ("--param", f"{name}={json.dumps(value)}")]
    watching = subprocess.Popen(
        command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    end = time.monotonic() + 60
    while not (
        runs := [run for run in server.runs_of("toy") if run["parameters"].get("cast") == {"presenter": "later"}]
    ):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert runs[0]["state"]["type"] == "SCHEDULED"

    studio.context.people.withdraw(studio.context.people.find("later"))
    told, _ = watching.communicate(timeout=180)
    run = server.finished(runs[0]["id"])

    assert run["state"]["name"] == "Refused"
    assert "[consent.withdrawn]" in run["state"]["message"]
    assert server.tasks_of(run["id"]) == []
    assert watching.returncode != 0, told


def test_a_withdrawal_from_prefects_pages_cancels_the_runs_that_wait_with_the_person_in_them(
    server: Server, studio: Studio
) -> None:
    enroll(studio.context, "waiter")
    hour = timedelta(hours=1)
    theirs = [server.ask_later("toy", hour, cast={"presenter": "waiter"}, script=SCRIPT) for _ in range(3)]
    anothers = server.ask_later("toy", hour, cast={"presenter": "ada"}, script=SCRIPT)

    asked = server.ask_of("withdraw", "withdraw", {"type": "SCHEDULED"}, {"alias": "waiter"}).raise_for_status().json()
    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Completed", server.logs_of(asked["id"])
    assert "3 waiting runs cancelled" in run["state"]["message"]
    waiter = studio.context.people.find("waiter")
    assert not studio.context.ledger.read().people[waiter.id].standing
    for id in theirs:
        state = server.run(id)["state"]
        assert (state["type"], state["name"]) == ("CANCELLED", "Refused")
    assert server.run(anothers)["state"]["type"] == "SCHEDULED"
    server.client.delete(f"/flow_runs/{anothers}").raise_for_status()


def test_a_withdrawal_of_nobody_is_refused_and_lists_nobody(server: Server, studio: Studio) -> None:
    asked = server.ask_of("withdraw", "withdraw", {"type": "SCHEDULED"}, {"alias": "adda"}).raise_for_status().json()

    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Refused"
    assert "person.unknown" in run["state"]["message"]
    assert "ada" not in run["state"]["message"].replace("adda", "")


def test_webhooks_are_delivered_by_a_flow(server: Server, studio: Studio) -> None:
    with receiving() as receiver:
        subscription = studio.context.dispatcher.subscribe(receiver.url, ["withdrawn"])
        person = enroll(studio.context, "teller")
        index = studio.context.people.withdraw(person)

        asked = server.ask_of("notify", "notify", {"type": "SCHEDULED"}, {}).raise_for_status().json()
        run = server.finished(asked["id"])
        studio.context.dispatcher.unsubscribe(subscription.id)

    assert run["state"]["name"] == "Completed"
    assert f"{studio.context.ledger.read().origin}/{index}" in receiver.ids


def test_nobody_elses_name_is_told_when_a_name_is_wrong(server: Server, studio: Studio) -> None:
    asked = server.ask("toy", cast={"presenter": "gonne"}, script=SCRIPT).raise_for_status().json()

    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Refused"
    assert "'presenter'" in run["state"]["message"]
    assert "ada" not in run["state"]["message"] + server.logs_of(asked["id"])


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"cast": {"presenter": "ada"}, "script": ""}, "script"),
        ({"cast": {}, "script": SCRIPT}, "presenter"),
        ({"cast": {"presenter": "ada", "guest": "gone"}, "script": SCRIPT}, "guest"),
        ({"cast": {"presenter": "ada"}, "script": SCRIPT, "blueprint": "../toy"}, "blueprint"),
        ({"cast": {"presenter": "ada"}, "script": SCRIPT, "out": "out/../../etc"}, "out"),
        ({"cast": {"presenter": "ada"}, "script": 7}, "script"),
        ({"cast": {"presenter": "ada"}, "script": "{a}", "values": {"a": 7}}, "values"),
        ({"cast": {"presenter": "ada"}, "script": SCRIPT, "glossary": {"dawn": {"sing": "do"}}}, "glossary"),
    ],
)
def test_what_does_not_fit_the_form_is_refused_at_once_by_its_field(
    server: Server, studio: Studio, parameters: dict[str, object], named: str
) -> None:
    answer = server.ask("toy", **parameters)

    assert answer.status_code in (409, 422)
    assert named in answer.text


def test_prefect_and_the_plain_story_make_the_same_video(server: Server, studio: Studio, tmp_path: Path) -> None:
    script = "The very same bytes, both ways. Twice."
    asked = server.ask("toy", cast={"presenter": "ada"}, script=script).raise_for_status().json()
    message = server.finished(asked["id"])["state"]["message"]
    by_prefect = studio.context.store.manifest(message.split()[2]).inputs

    context = AppContext(Settings(home=shutil.copytree(studio.untouched, tmp_path / ".avatar")))
    build = partial(assemble, engines={**installed(), **TOYS, **ROUGH})
    context.__dict__["studio"] = replace(context.studio, build=build)  # one that knows the toys, as the served one does
    plan = load(studio.folder / "blueprints" / "toy.yaml", build)
    production = prepare(context, plan, {"presenter": "ada"}, script, TOY_BRIEF)
    signed = direct(production, context.studio.under(production.asks))

    assert context.store.manifest(signed.digest).inputs == by_prefect


def test_the_product_speaks_and_moves_on_prefect_too(server: Server, studio: Studio) -> None:
    _enroll(studio.context, "ava")
    script = "Hello from the scheduler."
    asked = server.ask("presenter", cast={"presenter": "ava"}, script=script, out="out/ava").raise_for_status().json()

    run = server.finished(asked["id"], within=400)

    assert run["state"]["name"] == "Completed", server.logs_of(asked["id"])
    video = studio.folder / "out" / "ava" / "video.mp4"
    frames = decode(video)
    assert frames.format.width >= 512
    assert 0.8 < float(frames.count / frames.format.rate) < 6
    assert studio.context.verify(video).trusted


def test_a_withdrawal_while_lines_are_rendered_ends_the_run_refused_and_leaves_no_file(
    server: Server, studio: Studio
) -> None:
    _enroll(studio.context, "ben")
    script = "One sentence comes after the other here, and each of them takes its time. " * 4
    asked = server.ask("presenter", cast={"presenter": "ben"}, script=script, out="out/ben").raise_for_status().json()
    _wait_until_rendering(server, asked["id"])

    studio.context.people.withdraw(studio.context.people.find("ben"))
    withdrawn = time.monotonic()
    run = server.finished(asked["id"])

    assert run["state"]["name"] == "Refused"
    assert time.monotonic() - withdrawn < 10
    assert not (studio.folder / "out" / "ben").exists()


def _wait_until_rendering(server: Server, run: str) -> None:
    end = time.monotonic() + 120
    while not any(task["name"].startswith("Render") for task in server.tasks_of(run)):
        assert time.monotonic() < end
        time.sleep(0.2)


def _enroll(context: AppContext, alias: str) -> None:
    folder = ROOT / "performers"
    face = partial(check_portrait, folder / f"{alias}.png")
    speech = partial(check_voice, folder / f"{alias}_statement.flac", folder / f"{alias}_statement.txt")
    context.people.agree(context.people.enroll(alias, "synthetic", [face, speech]), TERMS)


def test_the_workers_health_check_sees_that_deployments_are_served(server: Server, studio: Studio) -> None:
    check = [sys.executable, str(ROOT / "infra" / "served.py")]
    end = time.monotonic() + 60

    # A deployment counts as served from the first time that runs were asked for: every ten seconds.
    while subprocess.run(check, env=server.environment, check=False, timeout=30).returncode:
        assert time.monotonic() < end
        time.sleep(2)


@quiet
def test_weather_passes_and_the_task_run_completes(server: Server) -> None:
    answers = iter([StoreError("the store is busy", code="store.busy"), "made"])

    def work() -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with temporary_settings({PREFECT_API_URL: server.url}):
        state = perform(work, "Stormy, whole", SCRIPT, return_state=True)

    assert state.is_completed()
    assert state.result() == "made"


@quiet
def test_a_refusal_is_not_tried_again_and_comes_out_as_it_was(server: Server, studio: Studio) -> None:
    nobody = replace(studio.context.studio, on_progress=lambda _: None)
    missing = LearnVoice(VoiceSample("0" * 64))

    with temporary_settings({PREFECT_API_URL: server.url}), pytest.raises(StoreError) as told:
        InTasks(nobody, TOY_BRIEF, SCRIPT)(missing, EngineSpec("ridge"))

    assert told.value.code == "store.missing"


# Last in this file: its minute passes while the others run.
def test_a_scheduled_run_appears_and_completes(server: Server, studio: Studio) -> None:
    end = time.monotonic() + 150
    done: list[dict[str, Any]] = []
    while not done:
        runs = server.runs_of("toy-scheduled")
        done = [run for run in runs if run["state"]["type"] == "COMPLETED"]
        assert time.monotonic() < end, [run["state"] for run in runs]
        time.sleep(1)

    assert done[0]["auto_scheduled"]
