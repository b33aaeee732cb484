"""The stages behind the commands: each runs what it needs first and skips what exists for the same configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import evaluate, golden, labelled, package
from .bench import bench
from .config import VERSION, Config
from .dataset import build, dataset_stage
from .export import export
from .float_twin import float_twin
from .network import Listener
from .quantise import quantise
from .session import Session
from .store import Stage, digest, file_digest, say, source_digest, write_json
from .train import train, train_stage
from .wear import wear

JUDGES = ("evaluate.py", "recordings.py", "distance.py", "wear.py", "session.py")


@dataclass(frozen=True)
class Run:
    """One invocation: configuration, where to work, where to write, what to judge with."""

    config: Config
    workdir: Path
    out: Path
    data: Path | None
    references: Path | None
    version: str = VERSION

    @property
    def artifact(self) -> Path:
        return self.out / "artifacts" / "listener" / self.version

    @property
    def golden(self) -> Path:
        return self.out / "golden"

    @property
    def packaged(self) -> Path:
        return self.artifact / "model.int8.onnx"


@cache
def dataset(run: Run) -> Stage:
    return build(run.config, run.workdir)


@cache
def training(run: Run) -> Stage:
    return train(run.config, run.workdir)


@cache
def exporting(run: Run) -> Stage:
    """FP32 graph: `model.onnx` in the stage's folder."""
    trained = training(run)
    stage = Stage(run.workdir, "export", [trained.hash, source_digest(("export.py", "frame.py", "network.py"))])
    if not stage.done:
        listener = Listener()
        listener.net.load_state_dict(torch.load(trained.path("weights.pt")))
        export(listener, stage.path("model.onnx"))
        stage.finish()
    say(f"export: {stage.folder.name}/model.onnx {stage.path('model.onnx').stat().st_size} bytes")
    return stage


@cache
def quantising(run: Run) -> Stage:
    """INT8 graph: `model.int8.onnx` in the stage's folder."""
    exported = exporting(run)
    stage = Stage(run.workdir, "quantise", [exported.hash, run.config.calibration_frames, source_digest(("quantise.py",))])
    model = stage.path("model.int8.onnx")
    if not stage.done:
        calibration = quantise(exported.path("model.onnx"), model, run.config, run.workdir)
        write_json(stage.path("calibration.json"), {"sha256": calibration})
        stage.finish()
    ratio = model.stat().st_size / exported.path("model.onnx").stat().st_size
    say(f"quantise: {stage.folder.name}/model.int8.onnx {model.stat().st_size} bytes, {100 * ratio:.1f} % of FP32")
    return stage


@cache
def evaluating(run: Run) -> Stage:
    """`report.json`: thresholds and figures."""
    quantised = quantising(run)
    stage = Stage(run.workdir, "evaluate", [quantised.hash, source_digest(JUDGES), data_digest(run.data), data_digest(run.references)])
    if not stage.done:
        write_json(stage.path("report.json"), report(run, quantised.path("model.int8.onnx"), exporting(run).path("model.onnx")))
        stage.finish()
    show(json.loads(stage.path("report.json").read_text()))
    say(f"evaluate: {stage.folder.name}/report.json")
    return stage


def data_digest(data: Path | None) -> str | None:
    """sha256 over the manifests of a data folder (they hold the digests of the recordings)."""
    return None if data is None else digest([file_digest(path) for path in sorted(data.glob("*/manifest.json"))])


def report(run: Run, int8_model: Path, float_model: Path) -> dict[str, Any]:
    """All figures of one model."""
    session = Session(int8_model)
    say("evaluate: generated machines")
    _, validated = evaluate.generated(session, run.config, run.workdir, "validate")
    limit = evaluate.threshold(validated, run.config.false_alarm_rate)
    figures, raw = evaluate.generated(session, run.config, run.workdir, "test")
    _, floating = evaluate.generated(Session(float_model), run.config, run.workdir, "test")
    found: dict[str, Any] = {
        "threshold": limit,
        "generated": {"test": figures, "atThreshold": evaluate.at_threshold(raw, limit), "int8Agreement": float(np.mean(raw["guess"] == floating["guess"]))},
    }
    if run.data:
        say("evaluate: real recordings")
        found["real"] = evaluate.real(session, run.data, run.references, limit)
        life = wear(session, run.data, limit)
        found["real"] |= {"femto": life} if life else {}
    return found


def show(figures: dict[str, Any]) -> None:
    """Print a report as tables."""
    generated = figures["generated"]
    evaluate.print_generated("generated machines never seen", {**generated["test"], "INT8 = FP32 arg-max": generated["int8Agreement"], "score threshold": generated["atThreshold"]})
    real = figures.get("real", {})
    evaluate.print_real({name: row for name, row in real.items() if "methods" in row})
    for name, row in real.get("femto", {}).items():
        say(f"\n{name}: " + ", ".join(f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()))


def writing_golden(run: Run) -> None:
    """Golden vectors and labelled set of the quantised model, and the resampler's own."""
    session, folder = Session(quantising(run).path("model.int8.onnx"), threads=1), run.artifact / "golden"
    golden.write_vectors(session, folder)
    labelled.write_labelled(session, folder)
    golden.write_resample(run.golden)
    say(f"golden: {sum(path.stat().st_size for path in folder.iterdir())} bytes")


def packaging(run: Run) -> None:
    """Golden sets, model, manifest and card."""
    evaluated = evaluating(run)
    writing_golden(run)
    quantised = quantising(run)
    figures = json.loads(evaluated.path("report.json").read_text())
    measured = quantised.path("bench.json")
    latency = {"latency": json.loads(measured.read_text())} if measured.exists() else {}
    command = "python -m pipeline evaluate" + (" --data DIR" if run.data else "")
    facts = {
        "version": run.version,
        "calibration": json.loads(quantised.path("calibration.json").read_text())["sha256"],
        "thresholds": thresholds(run.config, figures),
        "trainingData": training_data(run.config, run.workdir),
        "evaluation": {"command": command, "generated": figures["generated"], **({"real": figures["real"]} if "real" in figures else {}), **latency},
    }
    package.package(quantised.path("model.int8.onnx"), run.artifact, run.config, facts)
    say(f"package: {run.artifact.name} {run.packaged.stat().st_size} bytes")


def thresholds(config: Config, figures: dict[str, Any]) -> dict[str, Any]:
    """What a consumer needs to turn outputs into alarms."""
    return {
        "anomalyScore": {
            "definition": "1 - softmax(logits)[healthy]",
            "threshold": figures["threshold"],
            "falseAlarmRatePerWindow": config.false_alarm_rate,
            "measuredOn": "healthy windows of generated validation machines, no machine of which was trained on",
            "falseAlarmsOnTestMachines": figures["generated"]["atThreshold"]["falseAlarms"],
        },
        "spectrumDistance": {
            "definition": "Mahalanobis distance of `spectrum` from the machine's healthy windows, covariance shrunk to a scaled identity (Ledoit-Wolf)",
            "threshold": "exp(mean + 3 sd) of the log distance of healthy windows left out in 4 contiguous blocks",
        },
        "consecutiveWindows": 3,
        "baseline": {"minWindows": 10, "recommendedWindows": 37, "sameSpeedWithin": 0.03},
    }


def training_data(config: Config, workdir: Path) -> dict[str, Any]:
    """Where the weights come from."""
    return {
        "description": f"Physics-based generator only: {config.train_machines} random machines, {config.train_machines * 7} test windows and {config.train_machines * 6} baseline windows of 0.68 s, {config.epochs} epochs.",
        "generatorSha256": dataset_stage(config, workdir).hash,
        "weightsKey": train_stage(config, workdir).hash,
        "seed": config.seed,
        "config": asdict(config),
        "realRecordings": "none",
    }


def benching(run: Run) -> None:
    """Latency of the packaged model, or of the quantised one when nothing is packaged yet."""
    if run.packaged.exists():
        model = run.packaged
    else:
        model = quantising(run).path("model.int8.onnx")
    figures = bench(model)
    say(json.dumps(figures, indent=2))
    run.workdir.mkdir(parents=True, exist_ok=True)
    for stage in run.workdir.glob("quantise-*"):
        if (stage / "model.int8.onnx").exists() and file_digest(stage / "model.int8.onnx") == file_digest(model):
            write_json(stage / "bench.json", figures)


def writing_twin(run: Run) -> None:
    """`float-twin.onnx` in the work folder."""
    run.workdir.mkdir(parents=True, exist_ok=True)
    path = run.workdir / "float-twin.onnx"
    float_twin(run.packaged, path)
    say(f"twin: {path.name} {path.stat().st_size} bytes")


COMMANDS: dict[str, Callable[[Run], object]] = {
    "dataset": dataset,
    "train": training,
    "export": exporting,
    "quantise": quantising,
    "evaluate": evaluating,
    "golden": writing_golden,
    "package": packaging,
    "all": packaging,
    "bench": benching,
    "twin": writing_twin,
}
