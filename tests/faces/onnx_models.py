"""Networks in the format of InsightFace's public ones, small, with random weights."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper, save

Floats = NDArray[np.float32]


def _value(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _model(nodes: list[Any], inputs: list[Any], outputs: list[Any], tensors: dict[str, Floats]) -> ModelProto:
    held = [numpy_helper.from_array(np.asarray(tensor), name) for name, tensor in tensors.items()]
    graph = helper.make_graph(nodes, "net", inputs, outputs, held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def swapper(seed: int = 1, side: int = 128, source: str = "source", numbers: int = 512) -> ModelProto:
    """Tints and blurs what it sees by whom it is told to show; the map is the last tensor, as in the public file."""
    random = np.random.default_rng(seed)
    blur = np.zeros((3, 3, 5, 5), np.float32)
    blur[range(3), range(3)] = 1 / 25
    tensors = {
        "blur": blur,
        "tint": random.normal(0, 3, (numbers, 3)).astype(np.float32),
        "shape": np.array([1, 3, 1, 1]),
        "emap": random.normal(0, 1, (numbers, numbers)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["target", "blur"], ["soft"], pads=[2, 2, 2, 2]),
        helper.make_node("MatMul", [source, "tint"], ["colours"]),
        helper.make_node("Tanh", ["colours"], ["small"]),
        helper.make_node("Reshape", ["small", "shape"], ["each"]),
        helper.make_node("Mul", ["soft", "each"], ["tinted"]),
        helper.make_node("Add", ["soft", "tinted"], ["output"]),
    ]
    square = (1, 3, side, side)
    inputs = [_value("target", *square), _value(source, 1, numbers)]
    return _model(nodes, inputs, [_value("output", *square)], tensors)


def encoder(seed: int = 2, side: int = 112, numbers: int = 512) -> ModelProto:
    """512 numbers of a coarse look at the face."""
    random = np.random.default_rng(seed)
    cells = side // 16
    tensors = {"mix": random.normal(0, 1, (3 * cells * cells, numbers)).astype(np.float32)}
    nodes = [
        helper.make_node("AveragePool", ["input.1"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["flat"]),
        helper.make_node("MatMul", ["flat", "mix"], ["683"]),
    ]
    return _model(nodes, [_value("input.1", "None", 3, side, side)], [_value("683", 1, numbers)], tensors)


def outside(model: ModelProto, tensor: str, location: str) -> ModelProto:
    """Return *model* with *tensor* kept in another file."""
    (found,) = (each for each in model.graph.initializer if each.name == tensor)
    found.ClearField("raw_data")
    found.data_location = TensorProto.EXTERNAL
    found.external_data.add(key="location", value=location)
    return model


def saved(model: ModelProto, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)
    return path
