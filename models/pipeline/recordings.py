"""Real recordings: folders with a manifest.json and raw little-endian float32 files. They judge, they never teach."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from .contract import SAMPLE_RATE_HZ, WINDOW_SAMPLES

SAME_SPEED = 0.05  # a baseline is valid for its own speed only


@dataclass(frozen=True)
class Recording:
    """One recording on disk."""

    dataset: str
    folder: Path
    entry: dict[str, Any]

    @property
    def id(self) -> str:
        return self.entry["id"]

    @property
    def fault(self) -> str:
        """Class name; "healthy" for a normal recording."""
        return self.entry["faultType"] if self.entry["label"] == "fault" else "healthy"

    @property
    def rpm(self) -> float:
        return float(self.entry["rpm"])

    @property
    def place(self) -> str:
        """Sensor to listen to: the one at the faulty bearing."""
        wanted = self.entry.get("faultyBearing") or "drive-end"
        names = [name for name in self.entry["channels"] if name.startswith(wanted)]
        return names[0] if names else self.entry["channels"][0]

    def signal(self, place: str | None = None) -> NDArray[np.float32]:
        """One channel at 12 kHz."""
        names = self.entry["channels"]
        raw = np.fromfile(self.folder / self.entry["file"], "<f4").reshape(-1, len(names))
        return resample(raw[:, names.index(place or self.place)], self.entry["sampleRateHz"])


def resample(signal: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """To 12 kHz by scipy.signal.resample_poly: FIR of 20 max(up, down) + 1 taps, Kaiser beta 5.0, up and down reduced by their gcd."""
    common = math.gcd(SAMPLE_RATE_HZ, int(rate_hz))
    up, down = SAMPLE_RATE_HZ // common, int(rate_hz) // common
    return resample_poly(signal.astype(np.float64), up, down).astype(np.float32)


def cut(signal: NDArray[np.float32], hop: int) -> NDArray[np.float32]:
    """Windows [count, 8192] every `hop` samples."""
    starts = range(0, len(signal) - WINDOW_SAMPLES + 1, hop)
    return np.stack([signal[start : start + WINDOW_SAMPLES] for start in starts])


def read_folder(data: Path) -> list[Recording]:
    """All steady recordings (normal or fault) below `data`, sorted by id."""
    found: list[Recording] = []
    for manifest in sorted(data.glob("*/manifest.json")):
        entries = json.loads(manifest.read_text())["recordings"]
        steady = [entry for entry in entries if entry.get("label") in ("normal", "fault") and "rpm" in entry]
        found += [Recording(manifest.parent.name, manifest.parent, entry) for entry in steady]
    return sorted(found, key=lambda recording: (recording.dataset, recording.id))


@dataclass(frozen=True)
class Case:
    """A baseline and what is judged against it; windows [count, 8192]."""

    dataset: str
    name: str
    baseline: NDArray[np.float32]
    baseline_hz: float
    normal: NDArray[np.float32]
    normal_hz: float
    faults: tuple[Recording, ...]
    place: str


def cases(judged: list[Recording], references: list[Recording]) -> list[Case]:
    """Split by recording: per machine, sensor and speed one normal recording is the baseline, the others count false alarms.

    With a single normal recording its first 60 % is the baseline and the rest is judged, hop 512.
    """
    found: list[Case] = []
    for dataset, place in sorted({(recording.dataset, recording.place) for recording in judged}):
        here = [recording for recording in judged if recording.dataset == dataset]
        faults = [recording for recording in here if recording.fault != "healthy" and recording.place == place]
        pool = [recording for recording in references if recording.dataset == dataset and recording.fault == "healthy"]
        for rpm in sorted({recording.rpm for recording in pool}):
            normals = [recording for recording in pool if recording.rpm == rpm]
            tests = [recording for recording in here if recording.fault == "healthy" and near(recording, rpm) and recording is not normals[0]]
            near_faults = tuple(recording for recording in faults if near(recording, rpm))
            if near_faults or tests:
                found.append(make_case(dataset, place, normals[0], [test for test in tests if test.id != normals[0].id], near_faults))
    return found


def near(recording: Recording, rpm: float) -> bool:
    """Within the speed band of a baseline."""
    return abs(recording.rpm / rpm - 1) <= SAME_SPEED


def make_case(dataset: str, place: str, reference: Recording, tests: list[Recording], faults: tuple[Recording, ...]) -> Case:
    """Cut the baseline and the normal test windows."""
    signal = reference.signal(place)
    name = f"{dataset} {place} {reference.rpm:g} rpm"
    if tests:
        normal = np.concatenate([cut(test.signal(place), WINDOW_SAMPLES // 2) for test in tests])
        baseline = cut(signal, WINDOW_SAMPLES // 2 if len(signal) > 20 * WINDOW_SAMPLES // 2 else 512)
        return Case(dataset, name, baseline, reference.rpm / 60, normal, tests[0].rpm / 60, faults, place)
    split = int(0.6 * len(signal))
    return Case(dataset, name, cut(signal[:split], 512), reference.rpm / 60, cut(signal[split:], 512), reference.rpm / 60, faults, place)
