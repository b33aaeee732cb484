"""Evaluation on held-out generated machines and, when a data folder is given, on real recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import distance
from .config import Config
from .contract import CLASSES, WINDOW_SAMPLES
from .recordings import Case, cases, cut, read_folder
from .session import Heard, Session
from .store import say

Floats = NDArray[np.float64]
Row = dict[str, Any]
TYPES = (1, 2, 3)  # inner-race, outer-race, ball


def auroc(normal: Floats, fault: Floats) -> float:
    """Area under the ROC curve, ties count half."""
    if len(normal) == 0 or len(fault) == 0:
        return float("nan")
    order = np.sort(normal)
    below = np.searchsorted(order, fault, "left") + np.searchsorted(order, fault, "right")
    return float(below.mean() / (2 * len(normal)))


def macro_f1(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Mean F1 of the bearing fault types that occur."""
    scores = []
    for kind in TYPES:
        if np.any(truth == kind):
            hits = np.sum((truth == kind) & (guess == kind))
            scores.append(2 * hits / max(np.sum(truth == kind) + np.sum(guess == kind), 1))
    return float(np.mean(scores)) if scores else float("nan")


def fault_type(heard: Heard) -> NDArray[np.int64]:
    """Most likely fault, healthy left aside: class index 1 .. 4."""
    return heard.logits[:, 1:].argmax(axis=1) + 1


def rms_limit(baseline: NDArray[np.float32]) -> float:
    """Mean + 3 standard deviations of the baseline's RMS."""
    levels = baseline.std(axis=1)
    return float(levels.mean() + 3 * levels.std(ddof=1))


def generated(session: Session, config: Config, workdir: Path, split: str) -> tuple[Row, dict[str, NDArray]]:
    """Judge a generated split; returns figures and raw scores, labels, fault levels."""
    from .dataset import load  # which needs torch; recordings can be judged without

    keys = ("tests_wave", "tests_shaft", "baseline_wave", "baseline_shaft", "labels", "fault_db")
    data = load(config, workdir, split, keys)
    scores, guesses, loud = [], [], []
    for machine in range(len(data["labels"])):
        baseline = session.listen(data["baseline_wave"][machine], data["baseline_shaft"][machine])
        heard = session.listen(data["tests_wave"][machine], data["tests_shaft"][machine], baseline.frame.mean(axis=0))
        scores.append(heard.score)
        guesses.append(heard.logits.argmax(axis=1))
        loud.append(data["tests_wave"][machine].std(axis=1) > rms_limit(data["baseline_wave"][machine]))
    raw = {"score": np.stack(scores), "guess": np.stack(guesses), "loud": np.stack(loud), "labels": data["labels"], "fault_db": data["fault_db"]}
    return generated_figures(raw), raw


def generated_figures(raw: dict[str, NDArray]) -> Row:
    """Figures of a generated split."""
    labels, guess, healthy = raw["labels"], raw["guess"], raw["labels"] == 0
    strong = ~healthy & (raw["fault_db"] >= 0)
    return {
        "machines": len(labels),
        "healthyWindows": int(healthy.sum()),
        "faultWindows": int((~healthy).sum()),
        "argmaxDetection": float(np.mean(guess[~healthy] > 0)),
        "argmaxDetectionFault0dBAndLouder": float(np.mean(guess[strong] > 0)),
        "argmaxFalseAlarms": float(np.mean(guess[healthy] > 0)),
        "auroc": auroc(raw["score"][healthy], raw["score"][~healthy]),
        "accuracy": float(np.mean(guess == labels)),
        "recall": {name: float(np.mean(guess[labels == index] == index)) for index, name in enumerate(CLASSES)},
        "rmsLimitDetection": float(np.mean(raw["loud"][~healthy])),
        "rmsLimitFalseAlarms": float(np.mean(raw["loud"][healthy])),
    }


def threshold(raw: dict[str, NDArray], false_alarm_rate: float) -> float:
    """Score that so many healthy windows of a generated split exceed."""
    return float(np.quantile(raw["score"][raw["labels"] == 0], 1 - false_alarm_rate))


def at_threshold(raw: dict[str, NDArray], limit: float) -> Row:
    """Detection and false alarms of `score > limit` on a generated split."""
    healthy = raw["labels"] == 0
    return {"threshold": limit, "detection": float(np.mean(raw["score"][~healthy] > limit)), "falseAlarms": float(np.mean(raw["score"][healthy] > limit))}


Judgement = tuple[dict[str, tuple[Floats, Floats, float]], list[tuple[str, Heard]]]


def disturbed(waves: NDArray[np.float32], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Windows [count, 8192] with a gain of 0.5 to 2 and white noise of RMS `noise` added before it."""
    gain = 2 ** rng.uniform(-1, 1, (len(waves), 1))
    return (gain * (waves + noise * rng.standard_normal(waves.shape))).astype(np.float32)


def judge_case(session: Session, case: Case, limit: float, noise: float = 0.0) -> Judgement:
    """Per method (normal scores, fault scores, limit), and what was heard per fault recording.

    `noise` > 0 disturbs the judged windows (not the baseline): gain and white noise of so many healthy RMS.
    """
    rng = np.random.default_rng(0)
    change = (lambda waves: disturbed(waves, noise * float(case.baseline.std()), rng)) if noise else lambda waves: waves
    base = session.listen(case.baseline, np.full(len(case.baseline), case.baseline_hz))
    healthy = base.frame.mean(axis=0)
    normal_waves = change(case.normal)
    normal = session.listen(normal_waves, np.full(len(normal_waves), case.normal_hz), healthy)
    waves = [change(cut(recording.signal(case.place), WINDOW_SAMPLES // 2)) for recording in case.faults]
    heard = [session.listen(wave, np.full(len(wave), recording.rpm / 60), healthy) for wave, recording in zip(waves, case.faults)]
    reference, spectrum_limit = distance.fit(base.spectrum.astype(np.float64)), distance.limit(base.spectrum.astype(np.float64))

    def gather(values: list[Floats]) -> Floats:
        return np.concatenate(values) if values else np.zeros(0)

    margin = lambda listened: listened.logits[:, 1:].max(axis=1) - listened.logits[:, 0]  # noqa: E731
    methods = {
        "network arg-max": (margin(normal), gather([margin(one) for one in heard]), 0.0),
        "network score": (normal.score, gather([one.score for one in heard]), limit),
        "spectrum distance": (reference.distance(normal.spectrum), gather([reference.distance(one.spectrum) for one in heard]), spectrum_limit),
        "RMS limit": (normal_waves.std(axis=1), gather([wave.std(axis=1) for wave in waves]), rms_limit(case.baseline)),
    }
    return methods, [(recording.fault, one) for recording, one in zip(case.faults, heard)]


def real(session: Session, data: Path, references: Path | None, limit: float) -> dict[str, Row]:
    """Figures per data set: windows, detection, false alarms, AUROC (mean over cases), macro-F1 of the fault type."""
    judged = read_folder(data)
    known = read_folder(references) if references else judged
    results: dict[str, Row] = {}
    for dataset in sorted({recording.dataset for recording in judged}):
        todo = [case for case in cases(judged, known) if case.dataset == dataset]
        if not todo:
            say(f"evaluate: {dataset} has no normal recording to compare with, skipped")
            continue
        results[dataset] = real_figures([judge_case(session, case, limit) for case in todo])
        noisy = real_figures([judge_case(session, case, limit, noise=1.0) for case in todo])
        results[dataset]["gainAndNoise"] = {"noisePerHealthyRms": 1.0, "methods": noisy["methods"]}
    return results


def real_figures(judgements: list[Judgement]) -> Row:
    """Pool the cases of one data set."""
    methods: Row = {}
    for method in judgements[0][0]:
        parts = [methods_of[method] for methods_of, _ in judgements]
        normal, fault = np.concatenate([n > limit for n, _, limit in parts]), np.concatenate([f > limit for _, f, limit in parts])
        methods[method] = {
            "detection": rate(fault),
            "falseAlarms": rate(normal),
            "auroc": float(np.nanmean([auroc(n, f) for n, f, _ in parts])) if len(fault) and len(normal) else None,
        }
    heard = [(fault, one) for _, faults in judgements for fault, one in faults]
    figures: Row = {"normalWindows": sum(len(m["RMS limit"][0]) for m, _ in judgements), "faultWindows": sum(len(one.logits) for _, one in heard), "methods": methods}
    if heard:
        truth = np.concatenate([np.full(len(one.logits), CLASSES.index(fault)) for fault, one in heard])
        guess = np.concatenate([fault_type(one) for _, one in heard])
        figures["typeMacroF1"] = macro_f1(truth, guess)
        figures["typeRecall"] = {CLASSES[kind]: float(np.mean(guess[truth == kind] == kind)) for kind in TYPES if np.any(truth == kind)}
    return figures


def rate(flags: NDArray[np.bool_]) -> float | None:
    """Share of true flags, None when there are none to count."""
    return float(flags.mean()) if len(flags) else None


def print_real(results: dict[str, Row]) -> None:
    """A table of detection, false alarms and AUROC."""
    for dataset, figures in results.items():
        kinds = ", ".join(f"{name} {value:.2f}" for name, value in figures.get("typeRecall", {}).items())
        say(f"\n{dataset}: {figures['faultWindows']} fault windows, {figures['normalWindows']} normal windows; type macro-F1 {figures.get('typeMacroF1', float('nan')):.2f} ({kinds})")
        print_methods("clean", figures["methods"])
        print_methods("gain and noise", figures["gainAndNoise"]["methods"])


def print_methods(title: str, methods: dict[str, Row]) -> None:
    """One line per method."""
    say(f"  {title:<20}{'detection':>10}{'false al.':>10}{'AUROC':>8}")
    for method, row in methods.items():
        cells = ["-" if row[key] is None else f"{100 * row[key]:.1f} %" for key in ("detection", "falseAlarms")]
        say(f"  {method:<20}{cells[0]:>10}{cells[1]:>10}{'-' if row['auroc'] is None else format(row['auroc'], '.3f'):>8}")


def print_generated(title: str, figures: Row) -> None:
    """Generated figures, one a line."""
    say(f"\n{title}")
    for key, value in figures.items():
        shown = ", ".join(f"{name} {part:.2f}" for name, part in value.items()) if isinstance(value, dict) else f"{value:.3f}" if isinstance(value, float) else value
        say(f"  {key:<36}{shown}")
