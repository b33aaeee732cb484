"""Running the packaged graph with onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .contract import BANDS, COLUMNS, SAMPLE_RATE_HZ

CHUNK = 32
Floats = NDArray[np.float32]


class Heard(NamedTuple):
    """Outputs of the graph, first axis: windows."""

    logits: Floats
    embedding: Floats
    frame: Floats
    spectrum: Floats

    @property
    def score(self) -> Floats:
        """Recommended anomaly score, 1 - P(healthy), [count]."""
        shifted = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return 1 - shifted[:, 0] / shifted.sum(axis=1)


class Session:
    """An ONNX listener."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.run = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]).run

    def listen(self, waves: Floats, shaft: Floats, healthy: Floats | None = None) -> Heard:
        """waves [count, 8192], shaft speed [count] in hertz, healthy frame [2, 32, 128] or None."""
        chunks = [slice(start, start + CHUNK) for start in range(0, len(waves), CHUNK)]
        parts = [self.run(None, feeds(waves[chunk], shaft[chunk], healthy)) for chunk in chunks]
        return Heard(*(np.concatenate(column) for column in zip(*parts)))


def feeds(waves: Floats, shaft: Floats, healthy: Floats | None) -> dict[str, Floats]:
    """Input dictionary of the graph."""
    count = len(waves)
    frame = np.zeros((2, BANDS, COLUMNS), np.float32) if healthy is None else healthy.astype(np.float32)
    return {
        "waveform": waves.astype(np.float32).reshape(count, 1, -1),
        "sample_rate_hz": np.full(count, SAMPLE_RATE_HZ, np.float32),
        "shaft_hz": np.asarray(shaft, np.float32),
        "healthy_frame": np.ascontiguousarray(np.broadcast_to(frame, (count, *frame.shape))),
    }
