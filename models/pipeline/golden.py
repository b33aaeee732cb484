"""Golden vectors: what a version answers to fixed inputs, and what the resampler must produce.

`vectors.json` names the cases and where their numbers lie in `vectors.f32` (little-endian float32, offsets and
counts in values). `resample.json` holds short inputs and outputs of scipy.signal.resample_poly.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import SAMPLE_RATE_HZ, WINDOW_SAMPLES
from .recordings import resample
from .session import Session
from .store import file_digest, write_json
from .windows import scene

SEED = 7
RATES_HZ = (48_000, 20_000, 25_600, 48_828)
#: |got - expected| allowed, on any CPU. Frame and spectrum are float32 with other summation orders. Behind the frame a
#: difference of 1e-5 can move a value to the next INT8 step, which the following layers carry on; the bounds are about
#: three times the largest difference measured between optimised, unoptimised and noise-perturbed (1e-5) runs.
TOLERANCE = {"frame": 5e-3, "spectrum": 1e-3, "logits": 0.1, "embedding": 0.25}
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One golden input."""

    name: str
    waveform: Floats
    shaft_hz: float
    healthy: Floats | None


def examples(session: Session) -> list[Example]:
    """Every class with a baseline, one without, one with unknown speed, silence, and a tiny amplitude."""
    drawn = [scene(SEED, "test", index) for index in range(3)]
    known = next(item for item in drawn if item.tests_shaft[0] > 0)
    healthy = session.listen(known.baseline, known.baseline_shaft).frame.mean(axis=0)
    names = {0: "healthy", 3: "inner-race", 4: "outer-race", 5: "ball", 6: "shaft"}
    cases = [Example(f"{name}, baseline known", known.tests[row], float(known.tests_shaft[row]), healthy) for row, name in names.items()]
    other = drawn[-1]
    unknown = session.listen(other.baseline, np.zeros(len(other.baseline))).frame.mean(axis=0)
    silence = np.zeros(WINDOW_SAMPLES, np.float32)
    return [
        *cases,
        Example("inner-race, no baseline", other.tests[3], float(other.tests_shaft[3] or 25.0), None),
        Example("outer-race, speed unknown", other.tests[4], 0.0, unknown),
        Example("silence", silence, 25.0, healthy),
        Example("healthy times 1e-12", known.tests[0] * np.float32(1e-12), float(known.tests_shaft[0]), healthy),
    ]


class Numbers:
    """Appends arrays to one float32 file."""

    def __init__(self) -> None:
        self.parts: list[Floats] = []
        self.length = 0

    def add(self, values: Floats) -> dict[str, int]:
        """Place of the values in the file."""
        place = {"offset": self.length, "count": int(values.size)}
        self.parts.append(values.astype("<f4").ravel())
        self.length += values.size
        return place


def write_vectors(session: Session, folder: Path) -> Path:
    """Write vectors.json and vectors.f32."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = Numbers()
    cases: list[dict[str, Any]] = []
    shared: dict[int, dict[str, int]] = {}
    for example in examples(session):
        heard = session.listen(example.waveform[None], np.array([example.shaft_hz]), example.healthy)
        if example.healthy is not None and id(example.healthy) not in shared:
            shared[id(example.healthy)] = numbers.add(example.healthy)
        cases.append(
            {
                "name": example.name,
                "sampleRateHz": SAMPLE_RATE_HZ,
                "shaftHz": example.shaft_hz,
                "waveform": numbers.add(example.waveform),
                "healthyFrame": None if example.healthy is None else shared[id(example.healthy)],
                "expected": {
                    "frame": numbers.add(heard.frame),
                    "spectrum": numbers.add(heard.spectrum),
                    "embedding": numbers.add(heard.embedding),
                    "logits": [float(value) for value in heard.logits[0]],
                },
            }
        )
    binary = folder / "vectors.f32"
    np.concatenate(numbers.parts).tofile(binary)
    index = folder / "vectors.json"
    write_json(
        index,
        {
            "schemaVersion": 1,
            "about": "What this version answers to fixed inputs. Offsets and counts are float32 values in `binary`, little-endian. healthyFrame null means all zero.",
            "binary": {"file": binary.name, "sha256": file_digest(binary)},
            "toleranceAbsolute": TOLERANCE,
            "cases": cases,
        },
    )
    return index


def write_resample(folder: Path) -> Path:
    """Write resample.json: 480 samples (2000 at 48.828 kHz) of two tones and noise per rate."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    cases = []
    for rate in RATES_HZ:
        time = np.arange(600) / rate
        signal = np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 9_000 * time + 1) + 0.1 * rng.standard_normal(time.size)
        signal = signal.astype(np.float32)
        cases.append({"fromHz": rate, "toHz": SAMPLE_RATE_HZ, "input": rounded(signal), "output": rounded(resample(signal, rate))})
    path = folder / "resample.json"
    path.write_text(json.dumps({"schemaVersion": 1, "about": "scipy.signal.resample_poly, default window (kaiser, 5.0), float64 arithmetic, zeros outside.", "toleranceAbsolute": 1e-5, "cases": cases}) + "\n")
    return path


def rounded(values: Floats) -> list[float]:
    """Shortest decimal numbers that give the same float32."""
    return [float(str(value)) for value in values.astype(np.float32)]


def read_vectors(folder: Path) -> tuple[dict[str, Any], Floats]:
    """Index and numbers."""
    index = json.loads((folder / "vectors.json").read_text())
    return index, np.fromfile(folder / index["binary"]["file"], "<f4")


def differences(session: Session, folder: Path) -> dict[str, float]:
    """Largest absolute difference from the golden outputs, per output."""
    index, numbers = read_vectors(folder)
    worst = dict.fromkeys(TOLERANCE, 0.0)
    for case in index["cases"]:
        healthy = None if case["healthyFrame"] is None else take(numbers, case["healthyFrame"]).reshape(2, 32, 128)
        heard = session.listen(take(numbers, case["waveform"])[None], np.array([case["shaftHz"]]), healthy)
        for name in TOLERANCE:
            expected = case["expected"][name]
            values = np.array(expected, np.float32) if isinstance(expected, list) else take(numbers, expected)
            worst[name] = max(worst[name], float(np.abs(getattr(heard, name).ravel() - values).max()))
    return worst


def take(numbers: Floats, place: dict[str, int]) -> Floats:
    """Values at a place."""
    return numbers[place["offset"] : place["offset"] + place["count"]]


def repeat_vectors(session: Session, folder: Path) -> None:
    """Answers of another head to the same inputs: its logits; what lies before the head is the same and stays."""
    index, numbers = read_vectors(folder)
    for case in index["cases"]:
        healthy = None if case["healthyFrame"] is None else take(numbers, case["healthyFrame"]).reshape(2, 32, 128)
        heard = session.listen(take(numbers, case["waveform"])[None], np.array([case["shaftHz"]]), healthy)
        case["expected"]["logits"] = [float(value) for value in heard.logits[0]]
    write_json(folder / "vectors.json", index)
