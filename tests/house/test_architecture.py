"""Rules that hold for every engine and every module, present and future."""

import ast
from dataclasses import asdict, fields, is_dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args, get_origin, get_type_hints

import pytest

import avatar
from avatar import stages
from avatar.artifacts.artifact import Artifact
from avatar.artifacts.manifest import Work
from avatar.canonical import canonical
from avatar.consent import Cleared, Use
from avatar.models.weights import Weights
from avatar.production.blueprint.schema import WORK, Blueprint
from avatar.stages.catalogue import REQUESTS, rebuild
from avatar.stages.registry import ENTRY_POINT_GROUP, EngineSpec, build
from avatar.stages.request import Request
from tests.stages.examples import example

POINTS = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
HOME = Path(avatar.__file__).parent
SOURCES = sorted(HOME.rglob("*.py"))


@pytest.fixture(params=sorted(POINTS))
def engine(request):
    """The class of each registered engine."""
    return POINTS[request.param].load()


# -- engines


def test_an_engine_takes_only_cleared_requests(engine):
    cleared = get_type_hints(engine.run)["cleared"]

    assert get_origin(cleared) is Cleared
    assert issubclass(get_args(cleared)[0], Request)


def test_an_engine_has_one_way_in(engine):
    public = {name for name in dir(engine) if not name.startswith("_")} - {field.name for field in fields(engine)}

    assert public - {"languages"} == {"run", "version", "weights"}


def test_an_engine_is_a_frozen_dataclass_that_needs_no_options(engine):
    assert is_dataclass(engine)
    assert engine.__dataclass_params__.frozen
    assert engine() == engine()


def test_the_options_of_an_engine_can_be_written_down_and_read_back(engine):
    name = next(name for name, point in POINTS.items() if point.value.endswith(f":{engine.__name__}"))
    options = asdict(engine())

    assert canonical(options)
    assert build(EngineSpec(name, options)) == engine()


def test_an_engine_has_a_version_and_declares_its_weights(engine):
    assert isinstance(engine.version, int)
    assert engine.version >= 1
    assert isinstance(engine.weights, tuple)
    for weights in engine.weights:
        assert isinstance(weights, Weights)
        assert len(bytes.fromhex(weights.sha256)) == 32
        assert weights.licence
        assert weights.commercial, "by default, nothing whose licence forbids selling"
    assert len({weights.name for weights in engine.weights}) == len(engine.weights)


def test_every_engine_file_is_registered():
    home = HOME / "engines"
    files = {p.relative_to(home).with_suffix("").as_posix() for p in home.glob("*/*.py") if p.stem[0] != "_"}
    registered = {p.module.removeprefix("avatar.engines.").replace(".", "/") for p in POINTS.values()}

    assert files == registered


def test_every_stage_has_an_engine():
    done = {get_args(get_type_hints(point.load().run)["cleared"])[0] for point in POINTS.values()}

    assert done == set(REQUESTS.values())


# -- requests and stages


def test_every_request_is_in_the_catalogue():
    for module in iter_modules(stages.__path__, "avatar.stages."):
        import_module(module.name)
    ours = {kind for kind in Request.__subclasses__() if kind.__module__.startswith("avatar.stages.")}

    missing = sorted(f"{kind.__module__}.{kind.__name__}" for kind in ours - set(REQUESTS.values()))
    assert not missing, f"no manifest can name {missing}: add their module to REQUESTS in avatar/stages/catalogue.py"


def test_every_request_says_its_use_and_what_it_makes():
    for kind in REQUESTS.values():
        assert kind.use is None or isinstance(kind.use, Use)
        assert issubclass(kind.output_type, Artifact)


def test_every_request_can_be_rebuilt_from_its_manifest():
    for name, kind in REQUESTS.items():
        request = example(kind)
        work = Work(request=name, fields=request.as_json(), use=None, engine="x", options={}, version=1, weights={})

        assert rebuild(Work.model_validate_json(work.model_dump_json())) == request


def test_every_stage_of_a_blueprint_has_its_request():
    named = Blueprint(name="x", speakers=("a",)).stages

    nobody = sorted(set(named) - set(WORK))
    assert not nobody, f"no request has the blueprint_key {nobody}: set it on the class, in avatar/stages"
    unnamed = sorted(set(WORK) - set(Blueprint.model_fields))
    assert not unnamed, f"a blueprint cannot say {unnamed}: add fields in production/blueprint/schema.py"


# -- names that appear nowhere; who calls what is held in tests/architecture


def names_in(path: Path) -> set[str]:
    """Return every name and attribute that the module at *path* mentions."""
    tree = ast.parse(path.read_text())
    return {getattr(node, "id", "") or getattr(node, "attr", "") for node in ast.walk(tree)}


def test_nothing_reaches_round_a_frozen_seal():
    """``object.__setattr__``, ``object.__new__`` and pickle would."""
    for path in SOURCES:
        assert not {"__setattr__", "__new__"} & names_in(path), path
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not {"pickle", "dill", "cloudpickle", "joblib"} & imported, path
