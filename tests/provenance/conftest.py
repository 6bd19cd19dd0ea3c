import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from provenance_world import AGREEMENT, World, ancestry_of, make_mp4

from avatar.provenance.signer import load_signer
from avatar.provenance.signing import sign
from avatar.provenance.statement import build_statement
from avatar.provenance.trust import Trust
from avatar.stages.catalogue import C2PA_ACTIONS


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    signer = load_signer(folder / "signing")
    plain = make_mp4(folder / "plain.mp4")
    video, ancestry = ancestry_of()
    said = build_statement(video, ancestry, AGREEMENT, C2PA_ACTIONS, release="0.1.0", title="Notice")
    return World(folder, signer, plain, sign(plain, folder / "signed.mp4", statement=said, signer=signer))


@pytest.fixture
def crjson() -> Callable[[Path, Trust], dict[str, Any]]:
    """Return what the official rubrics of the C2PA conformance programme score."""
    import c2pa

    from avatar.provenance.credential import settings

    def read(path: Path, trust: Trust) -> dict[str, Any]:
        with c2pa.Context.from_dict(settings(trust.roots)) as context, path.open("rb") as file:
            return json.loads(c2pa.Reader("video/mp4", file, context=context).crjson())["manifests"][-1]

    return read
