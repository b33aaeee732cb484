"""Labelled set: generated windows with their class, for the accuracy of a version on the device that shall run it.

`labelled.json` names the cases and where their numbers lie: windows as int16 in `labelled.i16` (times `scale` = the
waveform), healthy frames as float32 in `labelled.f32`, both little-endian, offsets and counts in values. 16 bits keep
the noise 90 dB below the peak, 30 dB under the frame's own floor. The machines are drawn from a seed of their own: no
training, calibration, threshold or replay has met them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import BANDS, CLASSES, COLUMNS, SAMPLE_RATE_HZ
from .session import Heard, Session
from .store import file_digest, write_json
from .windows import Scene, scene

SEED = 41
MACHINES = 12
INT16_PEAK = 32767
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LabelledCase:
    """One window of the set."""

    name: str
    label: int
    shaft_hz: float
    waveform: Floats
    healthy: Floats | None


def write_labelled(session: Session, folder: Path) -> Path:
    """Write labelled.json, labelled.i16 and labelled.f32: every class of every machine, against the machine's own baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [scene(SEED, "test", index) for index in range(MACHINES)]
    frames = [session.listen(item.baseline, item.baseline_shaft).frame.mean(axis=0) for item in drawn]
    scales = np.concatenate([peaks(item) for item in drawn])
    waves = np.concatenate([item.tests for item in drawn])
    np.rint(waves / scales[:, None]).astype("<i2").tofile(folder / "labelled.i16")
    np.stack(frames).astype("<f4").tofile(folder / "labelled.f32")
    index = folder / "labelled.json"
    write_json(
        index,
        {
            "schemaVersion": 1,
            "about": "Generated windows never trained on. waveform = int16 at its place in `binary` times scale; healthyFrame lies in `frames` (float32), null means all zero. Little-endian; offsets and counts in values.",
            "binary": {"file": "labelled.i16", "sha256": file_digest(folder / "labelled.i16")},
            "frames": {"file": "labelled.f32", "sha256": file_digest(folder / "labelled.f32")},
            "sampleRateHz": SAMPLE_RATE_HZ,
            "cases": entries(drawn, scales, waves.shape[1], frames[0].size),
        },
    )
    return index


def peaks(item: Scene) -> Floats:
    """Value of one int16 step per window; 1 for silence."""
    top = np.abs(item.tests).max(axis=1)
    return np.where(top > 0, top / INT16_PEAK, 1.0).astype(np.float32)


def entries(drawn: list[Scene], scales: Floats, samples: int, values: int) -> list[dict[str, Any]]:
    """One entry per window, machine by machine."""
    found: list[dict[str, Any]] = []
    for machine, item in enumerate(drawn):
        for row, label in enumerate(item.labels):
            name = CLASSES[label]
            loud = "" if label == 0 else f" {item.fault_db[row]:+.1f} dB"
            found.append(
                {
                    "name": f"machine {machine + 1}, window {row + 1}, {name}{loud}",
                    "class": name,
                    "shaftHz": float(item.tests_shaft[row]),
                    "scale": float(scales[len(found)]),
                    "waveform": {"offset": len(found) * samples, "count": samples},
                    "healthyFrame": {"offset": machine * values, "count": values},
                }
            )
    return found


def read_labelled(folder: Path) -> list[LabelledCase]:
    """The set as it lies in a package's golden folder."""
    index = json.loads((folder / "labelled.json").read_text())
    waves = np.fromfile(folder / index["binary"]["file"], "<i2")
    frames = np.fromfile(folder / index["frames"]["file"], "<f4")

    def cut(values: NDArray[Any], place: dict[str, int]) -> NDArray[Any]:
        return values[place["offset"] : place["offset"] + place["count"]]

    return [
        LabelledCase(
            name=case["name"],
            label=CLASSES.index(case["class"]),
            shaft_hz=case["shaftHz"],
            waveform=cut(waves, case["waveform"]).astype(np.float32) * np.float32(case["scale"]),
            healthy=None if case["healthyFrame"] is None else cut(frames, case["healthyFrame"]).reshape(2, BANDS, COLUMNS),
        )
        for case in index["cases"]
    ]


def listen(session: Session, cases: list[LabelledCase]) -> Heard:
    """What a model makes of the cases, in their order."""
    heard = [session.listen(case.waveform[None], np.array([case.shaft_hz]), case.healthy) for case in cases]
    return Heard(*(np.concatenate(column) for column in zip(*heard)))
