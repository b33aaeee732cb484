"""Package: model, golden sets, manifest and card in one folder, ready to be signed and shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx

from .card import card
from .config import SEQUENCE, VERSION, Config
from .contract import CLASSES, PREPROCESSING, SAMPLE_RATE_HZ, WINDOW_SAMPLES
from .head_file import GRAPH_FILE, split_head
from .manifest import contract, files, golden_files, write_manifest
from .quantise import SCHEME
from .store import digest


def package(model: Path, folder: Path, config: Config, facts: dict[str, Any]) -> Path:
    """Complete `folder`, where the golden sets lie already. `facts`: digests, thresholds, evaluation, bench."""
    folder.mkdir(parents=True, exist_ok=True)
    split_head(model, folder)
    manifest = make_manifest(folder, config, facts)
    (folder / "CARD.md").write_text(card(manifest))
    manifest["files"] = files(folder)
    write_manifest(folder, manifest)
    return folder


def make_manifest(folder: Path, config: Config, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything a consumer must know before it trusts the model."""
    graph = onnx.load(folder / GRAPH_FILE, load_external_data=False)
    return {
        "schemaVersion": 1,
        "name": "listener",
        "version": facts.get("version", VERSION),
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
        "golden": golden_files(folder),
        "trainingData": facts["trainingData"],
        "evaluation": facts["evaluation"],
    }
