"""Read flatbuffers, the container of tflite files: tables of slots, vectors, numbers."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """One table of a flatbuffer: its fields are found by slot; absent ones read as zero or empty."""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> "Table":
        """Return the outermost table of the file *data*."""
        return cls(data, _u32(data, 0))

    def number(self, slot: int, code: str = "<i") -> int:
        place = self._place(slot)
        return int(struct.unpack_from(code, self.data, place)[0]) if place else 0

    def table(self, slot: int) -> "Table":
        place = self._place(slot)
        return Table(self.data, place + _u32(self.data, place)) if place else Table(self.data, 0)

    def tables(self, slot: int) -> list["Table"]:
        start, count = self._vector(slot)
        places = (start + 4 * i for i in range(count))
        return [Table(self.data, place + _u32(self.data, place)) for place in places]

    def array(self, slot: int, dtype: str = "<i4") -> NDArray[Any]:
        start, count = self._vector(slot)
        return np.frombuffer(self.data, dtype, count, start)

    def _vector(self, slot: int) -> tuple[int, int]:
        place = self._place(slot)
        if not place:
            return 0, 0
        start = place + _u32(self.data, place)
        return start + 4, _u32(self.data, start)

    def _place(self, slot: int) -> int:
        if not self.at:
            return 0
        fields = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        size = struct.unpack_from("<H", self.data, fields)[0]
        offset = struct.unpack_from("<H", self.data, fields + 4 + 2 * slot)[0] if 4 + 2 * slot < size else 0
        return int(self.at + offset) if offset else 0


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])
