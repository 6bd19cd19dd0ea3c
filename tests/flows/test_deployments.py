"""What is deployed, and what its form asks for."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from avatar.errors import InputError
from avatar.voices.text.script import split_script
from flows.deployments import by_anyone, by_hand, by_itself, served, sweeping
from flows.form import form_of
from tests.flows.conftest import ABOUT

KNOWN = served()


def test_every_blueprint_of_the_product_is_served_under_its_own_name() -> None:
    assert {"presenter", "interview", "dub", "double"} <= set(KNOWN)
    assert all(what.called == name for name, what in KNOWN.items())


def test_a_blueprint_of_ones_own_is_called_by_its_path(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_bytes(KNOWN["presenter"].path.read_bytes())

    assert served(tmp_path)["mine"].called == str(own)


def test_a_folder_without_blueprints_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        served(tmp_path)


ASKED = {"cast": {"presenter": "ada"}, "script": "Hello.", **ABOUT, "languages": ["en"], "channels": ["internal"]}


@pytest.mark.parametrize("name", KNOWN)
def test_the_form_asks_for_each_role_and_its_example_can_be_made(name: str) -> None:
    what = KNOWN[name]
    form = form_of(name, what.blueprint)
    deployment = by_hand(name, what)
    cast = dict.fromkeys(what.blueprint.roles, "ada")

    Draft202012Validator.check_schema(form)
    assert form["properties"]["cast"]["required"] == list(what.blueprint.roles)
    Draft202012Validator(form).validate({**deployment.parameters, "cast": cast, **ABOUT})
    if what.blueprint.speech == "recorded":
        assert not {"script", "values", "glossary"} & set(form["properties"])
        return
    speakers = {line.speaker for line in split_script(deployment.parameters["script"])}
    assert speakers <= {None, *what.blueprint.speakers}


@pytest.mark.parametrize("out", ["/etc", "out/../x", "out/a/b", "../out", "out/", "out/.hidden"])
def test_the_form_names_no_place_outside_out(out: str) -> None:
    form = form_of("presenter", KNOWN["presenter"].blueprint)
    asked = {"blueprint": "presenter", "cast": {"presenter": "ada"}, "script": "Hello.", "out": out, **ABOUT}

    (error,) = Draft202012Validator(form).iter_errors(asked)

    assert list(error.path) == ["out"]


def test_a_schedule_makes_a_deployment_beside_the_one_by_hand() -> None:
    deployment = by_itself("presenter", KNOWN, "0 3 * * *", ASKED)

    assert deployment.name == "presenter-scheduled"
    assert deployment.parameters == {"blueprint": "presenter", **ASKED}
    assert [schedule.schedule.cron for schedule in deployment.schedules] == ["0 3 * * *"]


def test_a_sweep_has_its_hour() -> None:
    deployment = sweeping("0 4 * * *")

    assert (deployment.flow_name, deployment.name) == ("sweep", "nightly")
    assert [schedule.schedule.cron for schedule in deployment.schedules] == ["0 4 * * *"]
    with pytest.raises(InputError) as told:
        sweeping("at four")
    assert told.value.code == "schedule.malformed"


@pytest.mark.parametrize(
    ("name", "cron", "changes", "code"),
    [
        ("presnter", "0 3 * * *", {}, "blueprint.missing"),
        ("presenter", "at three", {}, "schedule.malformed"),
        ("presenter", "0 3 * * *", {"cast": {}}, "cast.roles"),
        ("presenter", "0 3 * * *", {"cast": {"presenter": "ada", "guest": "ben"}}, "cast.roles"),
        ("presenter", "0 3 * * *", {"script": " "}, "script.empty"),
        ("presenter", "0 3 * * *", {"script": "Hello, {name}."}, "script.unknown-variable"),
        ("presenter", "0 3 * * *", {"values": {"name": "Ada"}}, "script.unused-variable"),
        ("presenter", "0 3 * * *", {"glossary": {"Hello": {"ipa": "qqq"}}}, "glossary.bad-value"),
        ("presenter", "0 3 * * *", {"purpose": "fun"}, "grant.unknown-word"),
        ("presenter", "0 3 * * *", {"project": " "}, "grant.project"),
        ("presenter", "0 3 * * *", {"channels": ["everywhere"]}, "grant.unknown-word"),
    ],
)
def test_a_schedule_that_could_never_work_is_refused_before_it_is_served(
    name: str, cron: str, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(InputError) as told:
        by_itself(name, KNOWN, cron, ASKED | changes)

    assert told.value.code == code


def test_a_withdrawal_is_served_beside_the_productions_and_others_are_told_by_a_timer() -> None:
    withdraw, notify = by_anyone(5)

    assert (withdraw.flow_name, withdraw.schedules) == ("withdraw", [])
    assert [schedule.schedule.interval.total_seconds() for schedule in notify.schedules] == [300]
    assert by_anyone(0)[1].schedules == []
