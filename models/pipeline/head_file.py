"""The last layer in a file of its own (ONNX external data): a head-only update leaves the graph's bytes as they are.

`head.bin` holds the weight [classes, 512] row by row, then the bias [classes], little-endian float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.external_data_helper import set_external_data

from .contract import CLASSES, EMBEDDING

GRAPH_FILE = "model.int8.onnx"
HEAD_FILE = "head.bin"
WEIGHT, BIAS = "net.fc.weight", "net.fc.bias"
Floats = NDArray[np.float32]


class Head(NamedTuple):
    """logits = embedding @ weight.T + bias."""

    weight: Floats
    bias: Floats

    def logits(self, embedding: NDArray[np.floating]) -> NDArray[np.floating]:
        """[count, 512] -> [count, classes]."""
        return embedding @ self.weight.T + self.bias


def split_head(model: Path, folder: Path) -> None:
    """Write `model` into `folder` as graph and head; the same model gives the same bytes."""
    graph = onnx.load(model)
    initialisers = {tensor.name: tensor for tensor in graph.graph.initializer}
    head = Head(*(numpy_helper.to_array(initialisers[name]) for name in (WEIGHT, BIAS)))
    offset = 0
    for name, values in zip((WEIGHT, BIAS), head):
        tensor = initialisers[name]
        tensor.raw_data = b"there"  # set_external_data asks for a tensor whose values lie in raw_data
        set_external_data(tensor, HEAD_FILE, offset, values.nbytes)
        tensor.ClearField("raw_data")
        offset += values.nbytes
    (folder / GRAPH_FILE).write_bytes(graph.SerializeToString(deterministic=True))
    write_head(folder, head)


def write_head(folder: Path, head: Head) -> None:
    """Write head.bin."""
    (folder / HEAD_FILE).write_bytes(head.weight.astype("<f4").tobytes() + head.bias.astype("<f4").tobytes())


def read_head(folder: Path) -> Head:
    """The head of a package."""
    values = np.fromfile(folder / HEAD_FILE, "<f4")
    rows = len(CLASSES)
    if len(values) != rows * (EMBEDDING + 1):
        raise ValueError(f"{folder / HEAD_FILE}: {len(values)} values, expected {rows * (EMBEDDING + 1)}: not a head of this network")
    return Head(values[: rows * EMBEDDING].reshape(rows, EMBEDDING), values[rows * EMBEDDING :])
