"""G: whoever can trigger a flow, edit its parameters, or replay what went over the wire."""

from uuid import uuid4

import pytest

from avatar.artifacts.s3 import S3Objects
from tests.conftest import BUCKET
from tests.redteam.cases import attack

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(scene, monkeypatch):
    """Run the flow's own function, past the form that the server checks, and raise what it was refused with."""
    from flows.produce import produce

    monkeypatch.setenv("AVATAR_HOME", str(scene.world.folder))
    monkeypatch.setenv("AVATAR_KEYS", str(scene.world.folder))

    def ask(**parameters: object) -> None:
        honest = {"blueprint": "presenter", "cast": {"presenter": "mallory"}, "script": "Hello."}
        state = produce.fn(**{**honest, "purpose": "research", "project": "toys", **parameters})
        raise state.data

    return ask


@attack("a run's parameters name a folder outside of out/", by="same in Prefect", code="out.outside")
@pytest.mark.parametrize("out", ["/etc", "../elsewhere", "out/../../x", "~/.ssh", "out/a/b", "."])
def test_a_folder_outside(scene, asked, out):
    with scene.attacked():
        asked(out=out)


@attack("a run's parameters name a blueprint by a path that leads out", by="same in Prefect", code="blueprint.missing")
@pytest.mark.parametrize("blueprint", ["../../etc/passwd", "/etc/passwd", "presenter.yaml\x00", ""])
def test_a_blueprint_elsewhere(scene, asked, blueprint):
    with scene.attacked():
        asked(blueprint=blueprint)


@attack("a run's parameters cast somebody who did not agree", by="same in Prefect", code="consent.not-granted")
def test_somebody_who_did_not_agree(scene, asked):
    with scene.attacked():
        asked(cast={"presenter": "victim"})


@attack("a run's parameters cast a role that the blueprint has not", by="same in Prefect", code="cast.unknown-role")
def test_another_role(scene, asked):
    with scene.attacked():
        asked(cast={"presenter": "mallory", "admin": "victim"})


@attack(
    "Prefect remembers a result and gives it out without asking", by="same in Prefect", harmless="it remembers nothing"
)
def test_nothing_is_cached_in_front_of_the_gate():
    from prefect.cache_policies import NO_CACHE

    from flows.perform import perform
    from flows.produce import produce

    assert perform.cache_policy == NO_CACHE
    assert perform.persist_result is False
    assert produce.persist_result is False


@attack("a signed upload to S3 is replayed with other bytes", by="never overwritten", harmless="the first stays")
def test_a_replayed_upload(s3_endpoint, tmp_path):
    objects = S3Objects(BUCKET, uuid4().hex)
    assert objects.create("blobs/a", b"the first")

    assert not objects.create("blobs/a", b"the second")
    assert objects.read("blobs/a") == b"the first"
