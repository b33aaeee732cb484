"""Package: model, manifest and card in one folder, ready to be signed and shipped."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto

from .card import card
from .config import Config
from .frame import PREPROCESSING, SAMPLE_RATE_HZ, WINDOW_SAMPLES
from .network import CLASSES
from .quantise import SCHEME
from .store import digest, file_digest, write_json

VERSION = "0.1.0"
SEQUENCE = 1
DTYPES = {TensorProto.FLOAT: "float32"}


def package(model: Path, golden: Path, folder: Path, config: Config, facts: dict[str, Any]) -> Path:
    """Write `folder` = model.int8.onnx, manifest.json, CARD.md. `facts`: digests, thresholds, evaluation, bench."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "model.int8.onnx"
    shutil.copyfile(model, target)
    manifest = make_manifest(target, golden, config, facts)
    (folder / "CARD.md").write_text(card(manifest))
    manifest["files"] = [{"path": name, "sha256": file_digest(folder / name), "bytes": (folder / name).stat().st_size} for name in ("model.int8.onnx", "CARD.md")]
    write_json(folder / "manifest.json", manifest)
    return folder


def make_manifest(model: Path, golden: Path, config: Config, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything a consumer must know before it trusts the model."""
    graph = onnx.load(model)
    return {
        "schemaVersion": 1,
        "name": "listener",
        "version": VERSION,
        "sequence": SEQUENCE,
        "licence": "Apache-2.0",
        "minAgentVersion": "0.1.0",
        "files": [],
        "opset": next(entry.version for entry in graph.opset_import if entry.domain in ("", "ai.onnx")),
        "irVersion": graph.ir_version,
        "inputs": [contract(value) for value in graph.graph.input],
        "outputs": [contract(value) for value in graph.graph.output],
        "preprocessing": {
            "sampleRateHz": SAMPLE_RATE_HZ,
            "windowSamples": WINDOW_SAMPLES,
            "hopSamples": WINDOW_SAMPLES // 2,
            "resample": "scipy.signal.resample_poly(x, up, down), up/down = 12000/rate reduced by their gcd; FIR firwin(20 * max(up, down) + 1, 1 / max(up, down), kaiser 5.0) * up, zeros outside",
            "inGraph": PREPROCESSING,
            "sha256": digest(PREPROCESSING),
        },
        "classes": list(CLASSES),
        "thresholds": facts["thresholds"],
        "quantisation": {"scheme": SCHEME, "calibrationSetSha256": facts["calibration"], "calibrationFrames": config.calibration_frames},
        "golden": {"file": f"golden/{golden.name}", "sha256": file_digest(golden), "relativeTo": "models"},
        "trainingData": facts["trainingData"],
        "evaluation": facts["evaluation"],
    }


def contract(value: onnx.ValueInfoProto) -> dict[str, Any]:
    """Name, type and shape of an input or output; symbolic axes by name."""
    kind = value.type.tensor_type
    return {"name": value.name, "dtype": DTYPES[kind.elem_type], "shape": [axis.dim_param or axis.dim_value for axis in kind.shape.dim]}
