"""Networks stored as tflite files, read without TensorFlow and run as plain torch on a CPU or a GPU."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from avatar.errors import WeightsError
from avatar.models.flatbuffer import Table

# Operator codes and table slots of the TensorFlow Lite schema (version 3).
_ADD, _CONCATENATION, _CONV, _DEPTHWISE, _DEQUANTIZE, _MAX_POOL = 0, 2, 3, 4, 6, 17
_RELU, _RESHAPE, _PAD, _PRELU = 19, 22, 34, 54
_TYPES: dict[int, str] = {0: "<f4", 1: "<f2", 2: "<i4"}
_SAME = 0


@dataclass(frozen=True)
class _Operator:
    code: int
    inputs: tuple[int, ...]
    output: int
    options: Table


@dataclass(frozen=True)
class _Stored:
    operators: tuple[_Operator, ...]
    constants: dict[int, NDArray[Any]]
    source: int
    outputs: tuple[int, ...]


Step = Callable[[dict[int, Any]], None]


class TfliteNetwork:
    """A stored network, ready to run: call it with (n, 3, height, width) float32, get its outputs in file order.

    Pictures inside are (n, channels, height, width); what the file flattens keeps the file's order.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        stored = _read(path)
        self.device = device
        self._source, self._outputs = stored.source, stored.outputs
        constants = {i: _tensor(a, device) for i, a in stored.constants.items()}
        for operator in stored.operators:
            if operator.code == _DEQUANTIZE and operator.inputs[0] in constants:
                constants[operator.output] = constants[operator.inputs[0]].float()
        self._steps = [_step(o, constants) for o in stored.operators if o.code != _DEQUANTIZE]

    def __call__(self, pictures: Any) -> tuple[Any, ...]:
        import torch

        # Channels-last halves the time of these thin networks on a CPU.
        values = {self._source: pictures.contiguous(memory_format=torch.channels_last)}
        with torch.inference_mode():
            for step in self._steps:
                step(values)
        return tuple(values[i] for i in self._outputs)


def _read(path: Path) -> _Stored:
    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise WeightsError(f"{path} is not a tflite file; bring the pinned one", code="weights.format")
    model = Table.root(data)
    codes = [max(c.number(0, "<b"), c.number(3)) for c in model.tables(1)]
    graph, buffers = model.tables(2)[0], model.tables(4)
    constants = {}
    for index, tensor in enumerate(graph.tables(0)):
        dtype, shape = _TYPES[tensor.number(1, "<b")], tensor.array(0)
        raw = buffers[tensor.number(2, "<I")].array(0, "u1")
        if raw.size:
            constants[index] = raw.view(dtype).reshape(shape)
    operators = tuple(
        _Operator(codes[o.number(0, "<I")], tuple(map(int, o.array(1))), int(o.array(2)[0]), o.table(4))
        for o in graph.tables(3)
    )
    return _Stored(operators, constants, int(graph.array(1)[0]), tuple(map(int, graph.array(2))))


def _step(operator: _Operator, constants: dict[int, Any]) -> Step:
    makers: dict[int, Callable[[_Operator, dict[int, Any]], Callable[..., Any]]] = {
        _ADD: _add,
        _CONCATENATION: _concatenation,
        _CONV: _convolution,
        _DEPTHWISE: _convolution,
        _MAX_POOL: _max_pool,
        _RELU: _relu,
        _RESHAPE: _reshape,
        _PAD: _pad,
        _PRELU: _prelu,
    }
    if operator.code not in makers:
        raise WeightsError(f"this network has operator {operator.code}, which is unknown here", code="weights.format")
    run = makers[operator.code](operator, constants)
    moving = tuple(i for i in operator.inputs if i >= 0 and i not in constants)
    output = operator.output

    def step(values: dict[int, Any]) -> None:
        values[output] = run(*[values[i] for i in moving])

    return step


def _add(_: _Operator, __: dict[int, Any]) -> Callable[..., Any]:
    return lambda x, y: x + y


def _relu(_: _Operator, __: dict[int, Any]) -> Callable[..., Any]:
    return lambda x: x.relu()


def _convolution(operator: _Operator, constants: dict[int, Any]) -> Callable[..., Any]:
    from torch.nn import functional

    options, (_, kernel, bias) = operator.options, operator.inputs
    weight = constants[kernel].permute(3, 0, 1, 2) if operator.code == _DEPTHWISE else constants[kernel]
    weight = weight.contiguous() if operator.code == _DEPTHWISE else weight.permute(0, 3, 1, 2).contiguous()
    groups = weight.shape[0] if operator.code == _DEPTHWISE else 1
    stride = options.number(2), options.number(1)
    size = int(weight.shape[2]), int(weight.shape[3])
    same = options.number(0, "<b") == _SAME

    def run(x: Any) -> Any:
        x, padding = _padded(x, size, stride) if same else (x, (0, 0))
        return functional.conv2d(x, weight, constants[bias], stride, padding, groups=groups)

    return run


def _max_pool(operator: _Operator, _: dict[int, Any]) -> Callable[..., Any]:
    from torch.nn import functional

    options = operator.options
    stride, size = (options.number(2), options.number(1)), (options.number(4), options.number(3))
    same = options.number(0, "<b") == _SAME

    def run(x: Any) -> Any:
        return functional.max_pool2d(x, size, stride, ceil_mode=same)

    return run


def _padded(x: Any, size: tuple[int, int], stride: tuple[int, int]) -> tuple[Any, tuple[int, int]]:
    """Return *x* and the padding a convolution needs: "same" puts the odd pixel last, torch only pads evenly."""
    from torch.nn import functional

    (top, bottom), (left, right) = (_same(n, k, s) for n, k, s in zip(x.shape[2:], size, stride, strict=True))
    if top == bottom and left == right:
        return x, (top, left)
    return functional.pad(x, (left, right, top, bottom)), (0, 0)


def _same(length: int, size: int, stride: int) -> tuple[int, int]:
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2


def _pad(operator: _Operator, constants: dict[int, Any]) -> Callable[..., Any]:
    from torch.nn import functional

    rows, columns, channels = constants[operator.inputs[1]].tolist()[1:]
    return lambda x: functional.pad(x, (*columns, *rows, *channels))


def _prelu(operator: _Operator, constants: dict[int, Any]) -> Callable[..., Any]:
    from torch.nn import functional

    slope = constants[operator.inputs[1]].flatten()
    return lambda x: functional.prelu(x, slope)


def _reshape(operator: _Operator, _: dict[int, Any]) -> Callable[..., Any]:
    last = int(operator.options.array(0)[-1])
    return lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, last)


def _concatenation(operator: _Operator, _: dict[int, Any]) -> Callable[..., Any]:
    import torch

    axis = operator.options.number(0)
    return lambda *parts: torch.cat(parts, axis)


def _tensor(array: NDArray[Any], device: str) -> Any:
    import torch

    return torch.from_numpy(array.copy()).to(device)
