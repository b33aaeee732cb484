"""Field data sets: what agents uploaded, one folder per batch with a manifest.json, windows as raw float32.

Labels are people's: "normal" (a false alarm, or known to be healthy), "fault" (real), "unknown". A fault's type is
known only where somebody wrote it into the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import BANDS, CLASSES, COLUMNS, SAMPLE_RATE_HZ, WINDOW_SAMPLES
from .recordings import resample

HEALTHY = 0
#: a fault whose type nobody wrote down
ANY_FAULT = -1
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FieldWindow:
    """One labelled window of one machine."""

    id: str
    machine: str
    time: float  # seconds since 1970
    target: int
    shaft_hz: float
    waveform: Floats
    healthy: Floats


@dataclass(frozen=True)
class FieldData:
    """All labelled windows, in the order of time, and why others were left out."""

    windows: list[FieldWindow]
    left_out: Counter[str] = field(default_factory=Counter)
    batches: list[dict[str, Any]] = field(default_factory=list)


def read_field(folder: Path) -> FieldData:
    """Every field data set below `folder`. A frame that was sent again counts once, with its newest label."""
    newest: dict[str, tuple[Path, dict[str, Any]]] = {}
    batches, left_out = [], Counter[str]()
    for path in sorted(folder.rglob("manifest.json")):
        manifest = read_manifest(path)
        if manifest is None:
            continue
        where = f"{manifest['site']}/{manifest['node']}"
        batches.append({"site": manifest["site"], "node": manifest["node"], "batch": manifest["batch"], "recordings": len(manifest["recordings"])})
        for entry in manifest["recordings"]:
            key = f"{where}/{entry['id']}"
            if key not in newest or (entry.get("labelTime") or "") > (newest[key][1].get("labelTime") or ""):
                newest[key] = (path.parent, {**entry, "where": where})
    windows = []
    for base, entry in newest.values():
        try:
            found = read_window(base, entry)
        except (KeyError, TypeError, ValueError) as why:
            found = f"its entry cannot be read ({type(why).__name__} {why})"
        if isinstance(found, str):
            left_out[found] += 1
        else:
            windows.append(found)
    return FieldData(sorted(windows, key=lambda window: (window.time, window.id)), left_out, batches)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of a field data set; None for any other manifest. Raises ValueError when it is half of one."""
    manifest = json.loads(path.read_text())
    if not isinstance(manifest, dict) or manifest.get("dataset") != "field":
        return None
    missing = [name for name in ("site", "node", "batch", "recordings") if name not in manifest]
    if missing or manifest.get("formatVersion", 1) != 1:
        raise ValueError(f"{path}: no field data set of format 1" + (f", {', '.join(missing)} missing" if missing else ""))
    return manifest


def read_window(base: Path, entry: dict[str, Any]) -> FieldWindow | str:
    """The window, or why it cannot be learnt from."""
    if entry["label"] not in ("normal", "fault"):
        return "unlabelled"
    if not entry.get("healthyFrame"):
        return "no healthy frame: the model's answer to it is a hint only"
    wave = read_floats(base, entry["file"], entry["sha256"])
    healthy = read_floats(base, entry["healthyFrame"]["file"], entry["healthyFrame"]["sha256"])
    if wave is None or healthy is None:
        return "a file is missing or not the one in the manifest"
    wave = resample(wave, entry["sampleRateHz"]) if entry["sampleRateHz"] != SAMPLE_RATE_HZ else wave
    if len(wave) < WINDOW_SAMPLES or len(healthy) != 2 * BANDS * COLUMNS:
        return "too short"
    if not (np.isfinite(wave).all() and np.isfinite(healthy).all()):
        return "not finite"
    return FieldWindow(
        id=entry["id"],
        machine=f"{entry['where']}/{entry['machine']}",
        time=datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp(),
        target=target(entry),
        shaft_hz=float(entry["rpm"]) / 60,
        waveform=wave[:WINDOW_SAMPLES],
        healthy=healthy.reshape(2, BANDS, COLUMNS),
    )


def target(entry: dict[str, Any]) -> int:
    """Class index, or ANY_FAULT."""
    if entry["label"] == "normal":
        return HEALTHY
    kind = entry.get("faultType")
    return CLASSES.index(kind) if kind in CLASSES[1:] else ANY_FAULT


def read_floats(base: Path, name: str, sha256: str) -> Floats | None:
    """Values of a file next to the manifest; None unless its bytes are those that were sent."""
    path = base / name
    if Path(name).name != name or not path.is_file():
        return None
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != sha256 or len(raw) % 4:
        return None
    return np.frombuffer(raw, "<f4")
