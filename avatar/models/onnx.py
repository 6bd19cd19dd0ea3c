"""ONNX networks that a user brings: read from one file alone, checked before they run."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InputError, WeightsError
from avatar.runtime.device import Device

Floats = NDArray[np.float32]
Shape = tuple[int | None, ...]  # None where any length will do


class OnnxNetwork:
    """The network in the file *path*, on *device* (``cpu`` or ``cuda``).

    Everything that it holds lies in that file: ONNX can keep tensors in other files, named by paths, and a model that
    does is refused before any of it is opened. On a processor it runs on one thread, so it makes the same bytes on any
    number of cores.

    Raises:
        WeightsError: when the file cannot be read; code ``weights.unreadable``; when it keeps tensors in other files;
            code ``weights.outside``.
    """

    def __init__(self, path: Path, device: str) -> None:
        import onnxruntime

        data = path.read_bytes()  # once: what is checked is what is run
        self._name = path.name
        graph = _checked(data, path.name).graph
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CUDAExecutionProvider"] if device == "cuda" else []
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=[*providers, "CPUExecutionProvider"])
        except Exception as error:  # the runtime has an error class for each of its reasons; all mean the same here
            raise _unreadable(path.name) from error
        self._last = _last_tensor(graph)  # not the graph: it is as large as the file

    def validate_io(self, inputs: Mapping[str, Shape], output: Shape, what: str) -> None:
        """Refuse a network that does not take *inputs*, by name, and give one *output*; *what* says what to bring.

        A name that begins with ``*`` stands for any.

        Raises:
            WeightsError: when it is another; code ``weights.other-network``.
        """
        takes, makes = self._session.get_inputs(), self._session.get_outputs()
        fit = len(takes) == len(inputs) and len(makes) == 1 and _fits(output, makes[0])
        for (name, shape), found in zip(inputs.items(), takes, strict=False):
            fit = fit and (name.startswith("*") or name == found.name) and _fits(shape, found)
        if not fit:
            said = [f"{each.name} {each.type} {each.shape}" for each in (*takes, *makes)]
            raise self.other(f"takes and makes {', '.join(said)}", what)

    def other(self, found: str, what: str) -> WeightsError:
        """Return the refusal of a network of which *found* is said."""
        return WeightsError(f"{self._name} {found}; bring {what}", code="weights.other-network")

    def last_tensor(self) -> Floats:
        """Return the last of the tensors that the file holds (its initializers, in order), or (0,) for none.

        One of other numbers than floats counts as none.
        """
        return self._last

    def run(self, *inputs: Floats) -> Floats:
        """Return the one output of the network for *inputs*, in the order of its own.

        All are float32, of the shapes that the file states, such as (1, 3, h, w).
        """
        names = (each.name for each in self._session.get_inputs())
        (made,) = self._session.run(None, dict(zip(names, inputs, strict=True)))
        return np.asarray(made, np.float32)


def onnx_device(device: Device) -> str:
    """Return where ONNX networks run for *device*: ``auto`` is a GPU where the runtime can use one.

    Raises:
        InputError: when ``cuda`` is asked for and no GPU can be used; code ``device.no-gpu``.
    """
    import onnxruntime

    found = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not found:
        raise InputError(
            "device is 'cuda', and onnxruntime can use no GPU here; install onnxruntime-gpu, or choose 'cpu' or 'auto'",
            code="device.no-gpu",
        )
    return "cuda" if found and device != "cpu" else "cpu"


def _checked(data: bytes, name: str) -> Any:
    import onnx

    try:
        model = onnx.ModelProto.FromString(data)
    except Exception as error:  # of another package, which onnx brings
        raise _unreadable(name) from error
    for tensor in _tensors(model):
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise WeightsError(
                f"{name} keeps tensors in other files; bring a model that is one file (onnx.save does that)",
                code="weights.outside",
            )
    return model


def _last_tensor(graph: Any) -> Floats:
    from onnx import TensorProto, numpy_helper

    if not graph.initializer or graph.initializer[-1].data_type not in (TensorProto.FLOAT, TensorProto.FLOAT16):
        return np.zeros(0, np.float32)
    return np.array(numpy_helper.to_array(graph.initializer[-1]), np.float32)


def _tensors(message: Any) -> Iterator[Any]:
    """Give every tensor anywhere inside the protocol buffer *message*: of branches, attributes and functions too."""
    if message.DESCRIPTOR.full_name == "onnx.TensorProto":
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if field.is_repeated else (value,):
                yield from _tensors(each)


def _fits(wanted: Shape, found: Any) -> bool:
    """Return whether *found* is single precision of *wanted* lengths; a name in place of a length leaves it open."""
    return (
        found.type == "tensor(float)"
        and len(wanted) == len(found.shape)
        and all(
            one is None or not isinstance(other, int) or one == other
            for one, other in zip(wanted, found.shape, strict=True)
        )
    )


def _unreadable(name: str) -> WeightsError:
    return WeightsError(
        f"{name} cannot be read as an ONNX network; bring the original file again", code="weights.unreadable"
    )
