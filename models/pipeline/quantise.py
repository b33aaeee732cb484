"""Static INT8 quantisation in QDQ form; the frame stays in float.

Weights are signed, per output channel and 7 bits wide (`reduce_range`): u8 x s8 products are summed in pairs of 16-bit
integers on AVX2 and AVX-512 without VNNI, where 8-bit weights saturate. With 7 bits every CPU computes the same sums.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from .config import Config
from .dataset import load
from .session import Session, feeds
from .store import say

NETWORK_PREFIX = "/net/"  # scope torch gives the ResNet's nodes; everything else is frame
#: pooling and classifier: 0.002 % of the arithmetic; in float they leave embedding and scores without 8-bit steps
HEAD = ("/net/avgpool/", "/net/Flatten", "/net/fc/")
SCHEME = {
    "format": "QDQ",
    "mode": "static",
    "weights": "int8 per output channel, symmetric, 7 bits (reduce_range)",
    "activations": "uint8 per tensor, asymmetric",
    "calibration": "min-max",
    "float": "frame (conv1d, order spectrum, logarithms, baseline difference), average pooling, classifier",
}


class GeneratedFrames(CalibrationDataReader):
    """Windows of calibration machines, each against its own baseline."""

    def __init__(self, float_model: Path, config: Config, workdir: Path) -> None:
        data = load(config, workdir, "calibrate", ("tests_wave", "tests_shaft", "baseline_wave", "baseline_shaft"))
        session = Session(float_model)
        self.digest = hashlib.sha256()
        self.rows = []
        for machine in range(len(data["tests_wave"])):
            baseline = session.listen(data["baseline_wave"][machine], data["baseline_shaft"][machine])
            healthy = baseline.frame.mean(axis=0) if machine % 20 else None  # one machine in 20 without a baseline
            self.rows.append(feeds(data["tests_wave"][machine], data["tests_shaft"][machine], healthy))
        per_machine = len(self.rows[0]["waveform"])
        self.rows = self.rows[: -(-config.calibration_frames // per_machine)]
        for row in self.rows:
            self.digest.update(row["waveform"].tobytes())
        self.iterator: Iterator[dict[str, np.ndarray]] = iter(self.rows)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.iterator, None)


def quantise(float_model: Path, int8_model: Path, config: Config, workdir: Path) -> str:
    """Write the INT8 model; returns the sha256 of the calibration waveforms."""
    reader = GeneratedFrames(float_model, config, workdir)
    say(f"quantise: {sum(len(row['waveform']) for row in reader.rows)} calibration frames")
    with tempfile.TemporaryDirectory() as folder:
        shaped = Path(folder) / "shaped.onnx"
        # the export has folded the batch norms already; this infers shapes and removes what is left over
        quant_pre_process(str(float_model), str(shaped), skip_symbolic_shape=True)
        model = onnx.load(shaped)
        quantize_static(
            shaped,
            int8_model,
            reader,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_quantize=[node.name for node in model.graph.node if node.name.startswith(NETWORK_PREFIX) and not node.name.startswith(HEAD)],
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
        )
    return reader.digest.hexdigest()
