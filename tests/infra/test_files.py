"""The container files, as far as they can be checked where no container engine runs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "infra" / "Dockerfile").read_text()

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)

SECRET = re.compile(r"KEY|SECRET|PASSWORD|AUTH|TOKEN")


def test_only_known_keys_are_used() -> None:
    known = {
        *("image", "build", "command", "restart", "environment", "ports", "volumes", "healthcheck"),
        *("depends_on", "init"),
    }
    assert set(COMPOSE) == {"name", "services", "volumes"}
    assert {key for service in SERVICES.values() for key in service} <= known


@each_service
def test_every_port_is_bound_to_loopback(service: dict[str, Any]) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", []))
    assert "network_mode" not in service


@each_service
def test_every_service_says_how_it_is(service: dict[str, Any]) -> None:
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries"} <= set(check)


@each_service
def test_every_image_is_pinned(service: dict[str, Any]) -> None:
    _, _, tag = service["image"].rpartition(":")
    assert re.search(r"\d+\.\d+", tag)


@each_service
def test_every_secret_must_be_given(service: dict[str, Any]) -> None:
    secrets = {name: value for name, value in service["environment"].items() if SECRET.search(name)}
    assert secrets
    assert all(re.fullmatch(r"\$\{\w+:\?.+\}", value) for value in secrets.values()), secrets


@each_service
def test_every_volume_is_named_and_declared(service: dict[str, Any]) -> None:
    names = {volume.partition(":")[0] for volume in service["volumes"]}
    assert names <= set(COMPOSE["volumes"])


def test_the_worker_waits_for_what_it_needs() -> None:
    needed = SERVICES["worker"]["depends_on"]
    assert {name: how["condition"] for name, how in needed.items()} == {
        "prefect": "service_healthy",
        "objects": "service_healthy",
    }


def test_the_bucket_of_the_store_is_the_folder_of_the_volume() -> None:
    (volume,) = SERVICES["objects"]["volumes"]
    bucket = volume.rpartition("/")[2]
    assert SERVICES["worker"]["environment"]["AVATAR_STORE"].startswith(f"s3://{bucket}/")


def test_the_server_is_the_prefect_that_the_flows_are_tested_with() -> None:
    (pinned,) = re.findall(r"^prefect==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert SERVICES["prefect"]["image"].startswith(f"prefecthq/prefect:{pinned}-")


def test_the_image_is_pinned_and_does_not_run_as_root() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert re.search(r"^FROM python:3\.11\.\d+-slim$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^USER avatar$", DOCKERFILE, re.MULTILINE)
    (torch,) = (each for each in project["dependencies"] if each.startswith("torch="))
    assert f"pip install {torch}\n" in DOCKERFILE
    assert SERVICES["worker"]["image"] == f"avatar-pipeline:{project['version']}"


def test_no_key_and_nothing_a_machine_made_goes_into_the_image() -> None:
    ignored = (ROOT / "infra" / "Dockerfile.dockerignore").read_text().splitlines()
    assert "**" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert allowed == set(_copied())
    assert all((ROOT / name).exists() for name in allowed)


def test_what_the_image_makes_to_prove_itself_goes_with_its_keys_before_the_layer_is_kept() -> None:
    proof = re.search(r"^RUN AVATAR_HOME=(\S+) avatar demo .+ --out (\S+) && rm -r (\S+)$", DOCKERFILE, re.MULTILINE)
    assert proof
    home, out, gone = proof.groups()
    assert gone == home
    assert out.startswith(f"{home}/")


def _copied() -> list[str]:
    """Return what the image takes from this repository."""
    return " ".join(re.findall(r"^COPY --chown=avatar (.+) \S+$", DOCKERFILE, re.MULTILINE)).split()
