"""Judge: a candidate package beside the one that it would replace, on the same windows and the same machine.

Both sit the examination of the present one: its labelled set, which the candidate did not choose. What is written is
measured here; whether it is good enough is decided by `stethos-model iterate gate`, which reads the report.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .bench import measure
from .float_twin import float_twin
from .head_file import GRAPH_FILE, HEAD_FILE
from .labelled import LabelledCase, listen, read_labelled
from .manifest import read_manifest
from .session import Session, feeds
from .store import file_digest, say, write_json
from .windows import scene

ROUNDS, QUICK_ROUNDS = 7, 2
#: of `evaluate.real`: what the agent raises alarms by
METHOD = "network score"


@dataclass(frozen=True)
class Comparison:
    """What to compare, on what, and where to write the report."""

    candidate: Path
    current: Path
    data: Path | None
    references: Path | None
    out: Path
    quick: bool


@dataclass(frozen=True)
class Side:
    """One of the two packages."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def graph(self) -> Path:
        return self.folder / GRAPH_FILE

    @property
    def threshold(self) -> float:
        return self.manifest["thresholds"]["anomalyScore"]["threshold"]

    def named(self) -> dict[str, Any]:
        """Version and identity; `files` is what was judged, byte by byte: the manifest's own words may change after it."""
        files = {entry["path"]: entry["sha256"] for entry in self.manifest["files"]}
        return {"name": self.manifest["name"], "version": self.manifest["version"], "files": dict(sorted(files.items()))}


def judge(comparison: Comparison) -> dict[str, Any]:
    """Write and return the report."""
    candidate, current = (open_side(folder) for folder in (comparison.candidate, comparison.current))
    report = {
        "schemaVersion": 1,
        "candidate": candidate.named(),
        "current": current.named(),
        "samePreprocessing": candidate.manifest["preprocessing"]["sha256"] == current.manifest["preprocessing"]["sha256"],
        "sameClasses": candidate.manifest["classes"] == current.manifest["classes"],
        "golden": golden(candidate, current),
        "size": size(candidate),
        "latency": latency(candidate, current, QUICK_ROUNDS if comparison.quick else ROUNDS),
        "recordings": {} if comparison.data is None else recordings(candidate, current, comparison.data, comparison.references),
    }
    write_json(comparison.out, report)
    return report


def open_side(folder: Path) -> Side:
    """A package whose files are those of its manifest. Raises ValueError."""
    manifest = read_manifest(folder)
    for entry in manifest["files"]:
        if file_digest(folder / entry["path"]) != entry["sha256"]:
            raise ValueError(f"{folder}: {entry['path']} is not the file that its manifest names")
    return Side(folder, manifest)


def golden(candidate: Side, current: Side) -> dict[str, Any]:
    """Right verdicts on the labelled set of the present package."""
    cases = read_labelled(current.folder / "golden")
    faulty = np.array([case.label != 0 for case in cases])
    says = {name: verdicts(side, cases) for name, side in (("candidate", candidate), ("current", current))}
    right = {name: said == faulty for name, said in says.items()}
    rows = {
        name: {"accuracy": float(right[name].mean()), "detection": float(said[faulty].mean()), "falseAlarms": float(said[~faulty].mean())}
        for name, said in says.items()
    }
    better, worse = int(np.sum(right["candidate"] & ~right["current"])), int(np.sum(right["current"] & ~right["candidate"]))
    say(f"golden: {int(right['current'].sum())} -> {int(right['candidate'].sum())} of {len(cases)} right, {better} better, {worse} worse")
    return {"windows": len(cases), **rows, "better": better, "worse": worse}


def verdicts(side: Side, cases: list[LabelledCase]) -> np.ndarray:
    """Whether each window is anomalous, by the side's own threshold."""
    return listen(Session(side.graph, threads=1), cases).score > side.threshold


def size(candidate: Side) -> dict[str, Any]:
    """Bytes of graph and head, and of the same network in FP32."""
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / "twin.onnx"
        float_twin(candidate.graph, twin)
        fp32 = twin.stat().st_size
    int8 = sum(path.stat().st_size for path in (candidate.graph, candidate.folder / HEAD_FILE) if path.exists())
    say(f"size: {int8} of {fp32} bytes, {100 * int8 / fp32:.1f} % of FP32")
    return {"int8Bytes": int8, "fp32Bytes": fp32, "ratio": int8 / fp32}


def latency(candidate: Side, current: Side, rounds: int) -> dict[str, Any]:
    """p50 of one window on one thread. The two take turns, so that a busy machine slows them alike; what counts is the
    median over the rounds of what one takes of the other in the same round."""
    drawn = scene(1, "test", 0)
    inputs = feeds(drawn.tests[:1], drawn.tests_shaft[:1], np.ones((2, 32, 128), np.float32))
    times: dict[str, list[float]] = {"candidate": [], "current": []}
    for turn in range(rounds):
        pair = [("candidate", candidate), ("current", current)]
        for name, side in pair if turn % 2 == 0 else reversed(pair):
            times[name].append(float(np.median(measure(side.graph, inputs, 1))))
    ratio = float(np.median(np.array(times["candidate"]) / np.array(times["current"])))
    same = file_digest(candidate.graph) == file_digest(current.graph)
    rows = {f"{name}P50Ms": round(float(np.median(values)), 3) for name, values in times.items()}
    say(f"latency: {rows['currentP50Ms']} -> {rows['candidateP50Ms']} ms" + (", one and the same graph" if same else f", {ratio:.2f} times"))
    return {"rounds": rounds, "sameGraph": same, **rows, "ratio": ratio}


def recordings(candidate: Side, current: Side, data: Path, references: Path | None) -> dict[str, Any]:
    """Detection and false alarms of both on real recordings, by data set."""
    from .evaluate import real

    found = {name: real(Session(side.graph), data, references, side.threshold) for name, side in (("candidate", candidate), ("current", current))}
    rows: dict[str, Any] = {}
    for dataset, judged in found["current"].items():
        rows[dataset] = {"normalWindows": judged["normalWindows"], "faultWindows": judged["faultWindows"]}
        for name in ("candidate", "current"):
            method = found[name][dataset]["methods"][METHOD]
            rows[dataset][name] = {"detection": method["detection"], "falseAlarms": method["falseAlarms"]}
        say(f"{dataset}: {json.dumps(rows[dataset])}")
    return rows
