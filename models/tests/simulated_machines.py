"""Machines whose mounting has changed since their baselines were learnt: what a head can learn from the field.

As a program it writes `windows.json`, `windows.f32` and `baselines.f32` for the test of the whole circle.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(MODELS))

from pipeline.generator import FREQUENCIES, Window, render  # noqa: E402
from pipeline.machine import draw_machine  # noqa: E402
from pipeline.session import Session  # noqa: E402

SEED = 99
KINDS = ("healthy", "healthy", "inner-race", "outer-race")


@dataclass(frozen=True)
class Simulated:
    """One window of one machine."""

    machine: int
    number: int
    fault: str
    shaft_hz: float
    wave: np.ndarray
    healthy: np.ndarray
    baseline: np.ndarray | None = None
    """The windows that `healthy` was made of."""


def simulate(session: Session, machines: int, windows: int) -> list[Simulated]:
    """Ten healthy windows make the baseline; then the path to the sensor changes, and half of the windows are faulty."""
    found: list[Simulated] = []
    for index in range(machines):
        rng = np.random.default_rng([SEED, index])
        machine = draw_machine(rng)
        told = machine.shaft_hz * machine.told_ratio
        baseline = np.stack([render(machine, Window(load=0.8), rng) for _ in range(10)]).astype(np.float32)
        healthy = session.listen(baseline, np.full(10, told)).frame.mean(axis=0)
        path = np.exp(np.interp(FREQUENCIES, np.linspace(0, 6000, 5), rng.normal(0, 0.9, 5)))
        moved = replace(machine, noise_path=machine.noise_path * path, fault_path=machine.fault_path * path)
        for number in range(windows):
            fault = KINDS[number % len(KINDS)]
            wave = render(moved, Window(fault=fault, fault_db=rng.uniform(-6, 10), load=rng.uniform(0.3, 1), drift=0.1, noise=rng.uniform(0, 0.6)), rng)
            found.append(Simulated(index, number, fault, float(told), wave.astype(np.float32), healthy, baseline))
    return found


def write_field(folder: Path, windows: list[Simulated]) -> Path:
    """A batch as agents upload it."""
    batch = folder / "hall-7" / "node-1" / "20261123-000000000000"
    batch.mkdir(parents=True)
    recordings = [recording(batch, window) for window in windows]
    manifest = {"formatVersion": 1, "dataset": "field", "site": "hall-7", "node": "node-1", "batch": batch.name, "recordings": recordings}
    (batch / "manifest.json").write_text(json.dumps(manifest))
    return batch


def recording(batch: Path, window: Simulated) -> dict[str, Any]:
    """One entry, with its files written."""
    name = f"m{window.machine}-{window.number}"
    time = datetime(2026, 11, 1, tzinfo=timezone.utc) + timedelta(minutes=20 * window.number)
    return {
        "id": name,
        "machine": f"m{window.machine}",
        "sensor": f"m{window.machine}-de",
        "sampleRateHz": 12_000,
        "channels": ["vibration"],
        "rpm": window.shaft_hz * 60,
        "label": "normal" if window.fault == "healthy" else "fault",
        "faultType": None,
        "time": time.isoformat(),
        "labelTime": time.isoformat(),
        **written(batch, f"{name}.bin", window.wave),
        "healthyFrame": written(batch, f"healthy-m{window.machine}.bin", window.healthy),
    }


def written(batch: Path, name: str, values: np.ndarray) -> dict[str, Any]:
    """File and digest."""
    raw = values.astype("<f4").tobytes()
    (batch / name).write_bytes(raw)
    return {"file": name, "samples": values.size, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def main(package: Path, out: Path, machines: int, windows: int) -> None:
    """For readers in other languages."""
    drawn = simulate(Session(package / "model.int8.onnx"), machines, windows)
    out.mkdir(parents=True, exist_ok=True)
    np.concatenate([np.concatenate([window.wave, window.healthy.ravel()]) for window in drawn]).astype("<f4").tofile(out / "windows.f32")
    np.stack([window.baseline for window in drawn if window.number == 0]).tofile(out / "baselines.f32")
    rows = [{"machine": window.machine, "number": window.number, "fault": window.fault, "shaftHz": window.shaft_hz} for window in drawn]
    (out / "windows.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
