"""Networks stored as tflite files, read without TensorFlow and run as plain torch on a CPU or a GPU."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tflite
from numpy.typing import NDArray

from avatar.errors import WeightsError

_DTYPES: dict[int, str] = {
    tflite.TensorType.FLOAT32: "<f4",
    tflite.TensorType.FLOAT16: "<f2",
    tflite.TensorType.INT32: "<i4",
}
_OPTIONS: dict[int, type[Any]] = {  # operator -> the table of its options
    tflite.BuiltinOperator.CONCATENATION: tflite.ConcatenationOptions,
    tflite.BuiltinOperator.CONV_2D: tflite.Conv2DOptions,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: tflite.DepthwiseConv2DOptions,
    tflite.BuiltinOperator.MAX_POOL_2D: tflite.Pool2DOptions,
    tflite.BuiltinOperator.RESHAPE: tflite.ReshapeOptions,
}


@dataclass(frozen=True)
class _Operator:
    code: int
    inputs: tuple[int, ...]
    output: int
    options: Any  # the table of the schema that belongs to its code, None for operators without options


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
            if operator.code == tflite.BuiltinOperator.DEQUANTIZE and operator.inputs[0] in constants:
                constants[operator.output] = constants[operator.inputs[0]].float()
        self._steps = [_step(o, constants) for o in stored.operators if o.code != tflite.BuiltinOperator.DEQUANTIZE]

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
    if not tflite.Model.ModelBufferHasIdentifier(data, 0):
        raise WeightsError(f"{path} is not a tflite file; bring the pinned one", code="weights.format")
    model = tflite.Model.GetRootAs(data, 0)
    graph = model.Subgraphs(0)
    constants = {}
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        buffer = model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            constants[index] = buffer.DataAsNumpy().view(_DTYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())
    operators = tuple(_operator(model, graph.Operators(index)) for index in range(graph.OperatorsLength()))
    return _Stored(operators, constants, int(graph.Inputs(0)), tuple(map(int, graph.OutputsAsNumpy())))


def _operator(model: Any, stored: Any) -> _Operator:
    named = model.OperatorCodes(stored.OpcodeIndex())
    code = max(named.DeprecatedBuiltinCode(), named.BuiltinCode())  # files of before and after there were 127
    options = _OPTIONS[code]() if code in _OPTIONS else None
    if options is not None:
        table = stored.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
    return _Operator(code, tuple(map(int, stored.InputsAsNumpy())), int(stored.Outputs(0)), options)


def _step(operator: _Operator, constants: dict[int, Any]) -> Step:
    makers: dict[int, Callable[[_Operator, dict[int, Any]], Callable[..., Any]]] = {
        tflite.BuiltinOperator.ADD: _add,
        tflite.BuiltinOperator.CONCATENATION: _concatenation,
        tflite.BuiltinOperator.CONV_2D: _convolution,
        tflite.BuiltinOperator.DEPTHWISE_CONV_2D: _convolution,
        tflite.BuiltinOperator.MAX_POOL_2D: _max_pool,
        tflite.BuiltinOperator.RELU: _relu,
        tflite.BuiltinOperator.RESHAPE: _reshape,
        tflite.BuiltinOperator.PAD: _pad,
        tflite.BuiltinOperator.PRELU: _prelu,
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
    depthwise = operator.code == tflite.BuiltinOperator.DEPTHWISE_CONV_2D
    order = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)  # torch wants output channel, input channel, row, column
    weight = constants[kernel].permute(*order).contiguous()
    groups = weight.shape[0] if depthwise else 1
    stride = options.StrideH(), options.StrideW()
    size = int(weight.shape[2]), int(weight.shape[3])
    same = options.Padding() == tflite.Padding.SAME

    def run(x: Any) -> Any:
        x, padding = _padded(x, size, stride) if same else (x, (0, 0))
        return functional.conv2d(x, weight, constants[bias], stride, padding, groups=groups)

    return run


def _max_pool(operator: _Operator, _: dict[int, Any]) -> Callable[..., Any]:
    from torch.nn import functional

    options = operator.options
    stride = options.StrideH(), options.StrideW()
    size = options.FilterHeight(), options.FilterWidth()
    same = options.Padding() == tflite.Padding.SAME

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
    last = int(operator.options.NewShapeAsNumpy()[-1])
    return lambda x: x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, last)


def _concatenation(operator: _Operator, _: dict[int, Any]) -> Callable[..., Any]:
    import torch

    axis = operator.options.Axis()
    return lambda *parts: torch.cat(parts, axis)


def _tensor(array: NDArray[Any], device: str) -> Any:
    import torch

    return torch.from_numpy(array.copy()).to(device)
