"""An engine with a model that nobody declared cannot be registered; the refusal says what to write."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, make_dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from avatar.errors import UnknownEngineError, WeightsError
from avatar.models.declaration import refuse_undeclared_models
from avatar.models.reference import ModelRef, completed
from avatar.models.weights import Weights, all_weights, external_weights, refuse_forbidden
from avatar.stages import registry
from avatar.stages.registry import EngineSpec, assemble, build, installed
from avatar.testing import conformance
from avatar.testing.toys import Toy, ToyLips


@dataclass(frozen=True)
class Diffusion(ToyLips):
    """Loads three networks whose licences it tells nobody."""

    version: ClassVar[int] = 1

    unet: str = "lips/unet"
    unet_sha256: str = "0" * 64
    recogniser: str = ""


@dataclass(frozen=True)
class Declared(ToyLips):
    """The same, declared."""

    version: ClassVar[int] = 1

    unet: ModelRef = ModelRef("lips/unet", "0" * 64, "MIT")
    recogniser: ModelRef | None = None
    experts: tuple[ModelRef, ...] = ()


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package of somebody's own registers ``diffusion``."""
    point = EntryPoint("diffusion", f"{__name__}:Diffusion", registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: (point,))
    installed.cache_clear()
    yield
    installed.cache_clear()


@pytest.mark.usefixtures("third_party")
@pytest.mark.parametrize(
    "use",
    [
        lambda: installed()["diffusion"](),
        lambda: build(EngineSpec("diffusion")),
        lambda: conformance.contract("diffusion"),
    ],
    ids=["installed", "build", "conformance"],
)
def test_an_engine_with_undeclared_models_cannot_be_registered(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "installed", installed)

    with pytest.raises(WeightsError) as refusal:
        use()

    assert refusal.value.code == "weights.undeclared"
    assert str(refusal.value) == (
        "engine 'diffusion' cannot be registered: its option 'unet' says by its name that it is a model; its option "
        "'unet_sha256' is the digest of a file apart from its model; its option 'recogniser' says by its name that it "
        "is a model. Give each model one option of the type avatar.models.reference.ModelRef, with path, sha256 and "
        'licence, like unet: ModelRef = ModelRef("folder/in/the/weights/folder", sha256="...", licence="Apache-2.0"), '
        "and open it with resolve_pinned_file or resolve_pinned_dir; an option that is no model is a Literal of its "
        "values, or has another name"
    )


@pytest.mark.parametrize(
    ("option", "hint", "default"),
    [
        ("checkpoint", str, ""),
        ("face_encoder", str | None, None),
        ("vocoder", Any, None),
        ("voices", Path, Path()),
        ("where", os.PathLike | None, None),
        ("brain", str, "mine/net.SafeTensors"),
        ("nets_digest", str, ""),
        ("licence", str, "MIT"),
        ("lora", tuple[str, ...], ()),
    ],
)
def test_an_option_that_could_name_a_model_has_the_type_of_one(option: str, hint: Any, default: Any) -> None:
    kind = make_dataclass("Kind", [(option, hint, default)], bases=(Toy,), frozen=True)

    with pytest.raises(WeightsError, match=f"its option '{option}' ") as refusal:
        refuse_undeclared_models("kind", kind)

    assert refusal.value.code == "weights.undeclared"


@dataclass(frozen=True)
class Loads(Toy):
    brain: str = ""

    def run(self) -> Any:
        import torch

        return torch.load(self.brain)


@dataclass(frozen=True)
class Joins(Toy):
    brain: str = ""

    def run(self, weights: Path) -> bytes:
        return (weights / self.brain).read_bytes()


@dataclass(frozen=True)
class Inherits(Joins):
    more: int = 1


@pytest.mark.parametrize("kind", [Loads, Joins, Inherits])
def test_an_option_that_the_engine_opens_is_a_model_whatever_its_name(kind: type[Any]) -> None:
    with pytest.raises(WeightsError, match="its option 'brain' is opened as a file"):
        refuse_undeclared_models("kind", kind)


def test_options_that_cannot_name_a_model_are_left_alone() -> None:
    @dataclass(frozen=True)
    class Plain(Toy):
        encoder: Literal["h264", "hevc"] = "h264"
        adapter: int = 3
        title: str = "unet"
        unet: ModelRef = ModelRef("unet")

    refuse_undeclared_models("plain", Plain)


def test_a_weight_file_is_no_value_of_an_option_that_declares_none() -> None:
    @dataclass(frozen=True)
    class Plain(Toy):
        style: str = "calm"

    with pytest.raises(WeightsError, match=r"option 'style': 'mine/net\.onnx' is a weight file") as refusal:
        assemble(EngineSpec("plain", {"style": "mine/net.onnx"}), {"plain": lambda: Plain})
    assert refusal.value.code == "weights.undeclared"


@pytest.mark.parametrize("name", sorted(installed()))
def test_a_licence_forbids_a_sale_by_each_model_of_each_engine(name: str) -> None:
    engine = build(EngineSpec(name))
    hints = registry.get_type_hints(type(engine))
    models = [field.name for field in fields(engine) if hints[field.name] in (ModelRef, ModelRef | None)]
    free = {model: {"path": f"{model}/free", "licence": "MIT"} for model in models}

    refuse_forbidden(all_weights(build(EngineSpec(name, free))), commercial=True)
    for model in models:
        bound = {**free, model: {"path": f"{model}/bound", "licence": "CC-BY-NC-4.0"}}
        with pytest.raises(WeightsError, match=f"'{model}/bound' are under CC-BY-NC") as refusal:
            refuse_forbidden(all_weights(build(EngineSpec(name, bound))), commercial=True)
        assert refusal.value.code == "weights.licence"


def test_models_are_found_by_their_type_wherever_they_are() -> None:
    experts = (ModelRef("a", licence="own"), ModelRef("b"))

    found = list(external_weights(Declared(recogniser=ModelRef("ears"), experts=experts)))

    assert [weights.name for weights in found] == ["lips/unet", "ears", "a", "b"]
    assert [weights.commercial for weights in found] == [True, False, True, False]
    assert all(isinstance(weights, Weights) for weights in found)


ENGINES = {"declared": lambda: Declared}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"unet": "lips/unet"}, "write unet: {path: lips/unet, sha256: " + "0" * 64 + ", licence: MIT}"),
        ({"unet_sha256": "77"}, "write unet: {path: lips/unet, sha256: 77, licence: ...}"),
        (
            {"unet": "lips/mine", "unet_sha256": "77", "licence": "own"},
            "write unet: {path: lips/mine, sha256: 77, licence: own}",
        ),
        ({"recogniser": "w", "unet_licence": "own"}, "recogniser: {path: w, sha256: ..., licence: ...}"),
        ({"unet": {"path": "lips/mine"}, "licence": "own"}, "write unet: {path: lips/mine, sha256: ..., licence: own}"),
    ],
)
def test_a_model_spread_over_several_options_is_refused_with_its_spelling(written: dict, meant: str) -> None:
    with pytest.raises(UnknownEngineError) as refusal:
        assemble(EngineSpec("declared", written), ENGINES)

    assert refusal.value.code == "engine.bad-option"
    assert meant in str(refusal.value)
    assert all(repr(option) in str(refusal.value) for option, value in written.items() if isinstance(value, str))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"pth": "x"}, "a model has no 'pth'; did you mean 'path'?; it has: path, sha256, licence"),
        ({"path": 3}, "option 'unet.path': 3 will not do"),
        ({"path": "x", "sha256": 12}, "option 'unet.sha256': 12 will not do"),
        ({"path": ""}, "no path is given; name the file or folder in the weights folder: unet: {path: ..."),
        (3, "option 'unet': 3 will not do"),
    ],
)
def test_a_model_that_is_spelled_wrongly_is_refused_with_field_and_fix(model: Any, told: str) -> None:
    with pytest.raises(UnknownEngineError) as refusal:
        assemble(EngineSpec("declared", {"unet": model}), ENGINES)

    assert refusal.value.code == "engine.bad-option"
    assert told in str(refusal.value)


def test_a_model_without_a_default_needs_its_path() -> None:
    with pytest.raises(UnknownEngineError, match="option 'recogniser': no path is given"):
        assemble(EngineSpec("declared", {"recogniser": {"licence": "MIT"}}), ENGINES)


def test_the_licence_of_a_known_model_is_not_that_of_another() -> None:
    usual = ModelRef("lips/unet", "0" * 64, "MIT")

    assert completed({}, usual) == asdict(usual)
    assert completed({"licence": "own"}, usual) == asdict(usual) | {"licence": "own"}
    assert completed({"path": "lips/mine"}, usual) == {"path": "lips/mine"}
    assert completed({"sha256": "1" * 64}, usual) == {"path": "lips/unet", "sha256": "1" * 64}
