"""Run-to-failure recordings (FEMTO): how often the detectors alarm before half of the life is over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from . import distance
from .contract import WINDOW_SAMPLES
from .recordings import resample
from .session import Session

BASELINE_LIFE = (0.05, 0.25)
QUIET_LIFE = (0.25, 0.50)
SNAPSHOTS = 7  # of 0.1 s, end to end: one window


def wear(session: Session, data: Path, limit: float) -> dict[str, Any]:
    """Per run: share of alarms at 25 to 50 % of life and in the last 5 %."""
    found: dict[str, Any] = {}
    for manifest in sorted(data.glob("*/manifest.json")):
        for entry in json.loads(manifest.read_text())["recordings"]:
            if entry.get("label") == "run-to-failure" and "snapshots" in entry:
                found[entry["bearing"]] = judge_run(session, manifest.parent, entry, limit)
    return found


def judge_run(session: Session, folder: Path, entry: dict[str, Any], limit: float) -> dict[str, Any]:
    """One run, horizontal axis."""
    raw = np.fromfile(folder / entry["file"], "<f4").reshape(-1, entry["samplesPerSnapshot"], len(entry["channels"]))[:, :, 0]
    starts = np.arange(0, len(raw) - SNAPSHOTS + 1, 2)
    waves = np.stack([resample(raw[start : start + SNAPSHOTS].ravel(), entry["sampleRateHz"])[:WINDOW_SAMPLES] for start in starts])
    end = entry["snapshots"][-1]["secondsSinceStart"]
    life = np.array([entry["snapshots"][start + SNAPSHOTS - 1]["secondsSinceStart"] / end for start in starts])
    shaft = np.full(len(waves), entry["rpm"] / 60)
    known = (life > BASELINE_LIFE[0]) & (life <= BASELINE_LIFE[1])
    first = session.listen(waves[known], shaft[known])
    heard = session.listen(waves, shaft, first.frame.mean(axis=0))
    reference, spectrum_limit = distance.fit(first.spectrum.astype(float)), distance.limit(first.spectrum.astype(float))
    far = reference.distance(heard.spectrum.astype(float)) > spectrum_limit
    quiet, last = (life > QUIET_LIFE[0]) & (life <= QUIET_LIFE[1]), life > 0.95
    return {
        "windows": len(waves),
        "baselineWindows": int(known.sum()),
        "scoreAlarmsQuarterToHalfLife": float(np.mean(heard.score[quiet] > limit)),
        "spectrumAlarmsQuarterToHalfLife": float(np.mean(far[quiet])),
        "scoreAlarmsLastTwentieth": float(np.mean(heard.score[last] > limit)),
        "spectrumAlarmsLastTwentieth": float(np.mean(far[last])),
    }
