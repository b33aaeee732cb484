"""Latency of the packaged model against its FP32 twin, and the share of the frame."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from .float_twin import float_twin
from .session import Session, feeds
from .windows import scene

ROUNDS, WARM, RUNS = 5, 20, 50


def bench(int8_model: Path) -> dict[str, Any]:
    """p10, p50 and p90 in milliseconds, batch 1.

    The models take turns by rounds, so that a busy machine slows them alike. One session lives at a time: idle
    sessions keep their threads spinning for a while and would steal a core from the one that is measured.
    """
    drawn = scene(1, "test", 0)
    healthy = np.ones((2, 32, 128), np.float32)
    inputs = feeds(drawn.tests[:1], drawn.tests_shaft[:1], healthy)
    frame_inputs = {name: inputs[name] for name in ("waveform", "sample_rate_hz", "shaft_hz")}
    with tempfile.TemporaryDirectory() as folder:
        twin, frame = Path(folder) / "twin.onnx", Path(folder) / "frame.onnx"
        float_twin(int8_model, twin)
        onnx.utils.extract_model(str(int8_model), str(frame), list(frame_inputs), ["frame", "spectrum"])
        sizes = {"int8Bytes": int8_model.stat().st_size, "fp32Bytes": twin.stat().st_size}
        rows = {}
        for threads in (1, 2):
            runs = {"int8": (int8_model, inputs), "fp32": (twin, inputs), "frame": (frame, frame_inputs)}
            rows[f"threads{threads}"] = compare(runs, threads)
    return {**sizes, "sizeRatio": sizes["int8Bytes"] / sizes["fp32Bytes"], **rows}


def compare(runs: dict[str, tuple[Path, dict]], threads: int) -> dict[str, Any]:
    """Time the models in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (path, inputs) in runs.items():
            times[name] += measure(path, inputs, threads)
    row: dict[str, Any] = {name: {f"p{share}Ms": round(float(np.percentile(values, share)), 3) for share in (10, 50, 90)} for name, values in times.items()}
    row["speedUp"] = round(row["fp32"]["p50Ms"] / row["int8"]["p50Ms"], 2)
    return row


def measure(path: Path, inputs: dict, threads: int) -> list[float]:
    """Milliseconds of each run of a fresh session, after warm-up."""
    session = Session(path, threads)
    times = []
    for turn in range(WARM + RUNS):
        started = time.perf_counter()
        session.run(None, inputs)
        if turn >= WARM:
            times.append((time.perf_counter() - started) * 1e3)
    return times
