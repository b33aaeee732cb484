"""The next version from the field: the last layer learns from labelled field windows, everything before it stays.

A few kilobytes of new weights instead of a new graph, in seconds and without torch. The embeddings are those of the
packaged INT8 graph itself, so that what is learnt is what will run.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .field_card import field_card
from .field_data import ANY_FAULT, HEALTHY, FieldData, read_field
from .golden import repeat_vectors
from .head_file import GRAPH_FILE, Head, read_head, write_head
from .head_fit import Samples, independent
from .head_judge import STRENGTHS, School, Taught, compare, machine_folds, time_fold
from .labelled import listen, read_labelled
from .manifest import files, golden_files, read_manifest, write_manifest
from .replay import SEED, replay
from .session import Session
from .store import file_digest, say

LEAST = 8
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")


class Refused(Exception):
    """Why no package was written."""


@dataclass(frozen=True)
class Lesson:
    """What to learn from, on what, and where to."""

    field: Path
    base: Path
    out: Path
    version: str
    workdir: Path
    forget: float
    anyway: bool


def learn_head(lesson: Lesson) -> dict[str, Any]:
    """Write the package `out`; returns its manifest. Raises Refused."""
    manifest = read_manifest(lesson.base)
    expect_new_version(lesson, manifest)
    data = field_of(lesson.field)
    say(f"field: {len(data.windows)} labelled windows of {len({window.machine for window in data.windows})} machines" + "".join(f"; {count} left out: {why}" for why, count in data.left_out.items()))
    session = Session(lesson.base / GRAPH_FILE, threads=1)
    told = embed(session, data)
    expect_enough(told)
    limits = manifest["thresholds"]["anomalyScore"]
    present = Taught(read_head(lesson.base), limits["threshold"])
    school = School(replay(lesson.base / GRAPH_FILE, session, lesson.workdir), present, lesson.forget, limits["falseAlarmRatePerWindow"])
    taught, strength, judged = choose(school, told, data)
    figures = judged | {"generated": generated(school, taught), **golden(lesson.base, session, present, taught)}
    tell(figures)
    expect_better(lesson, figures)
    return write_package(lesson, manifest, taught, data, told, {**figures, "strength": strength})


def field_of(folder: Path) -> FieldData:
    """The labelled windows."""
    try:
        return read_field(folder)
    except ValueError as why:
        raise Refused(f"--field {folder}: {why}") from why


def expect_new_version(lesson: Lesson, manifest: dict[str, Any]) -> None:
    """A version says something new and goes into a folder of its own."""
    if not SEMVER.fullmatch(lesson.version) or lesson.version == manifest["version"]:
        raise Refused(f"--version {lesson.version}: must be a semantic version other than the base's {manifest['version']}")
    if lesson.out.exists() and any(lesson.out.iterdir()):
        raise Refused(f"--out {lesson.out}: is not empty; a version is written once")


def embed(session: Session, data: FieldData) -> Samples:
    """Embeddings of the field windows, each against the healthy frame that it was heard with."""
    heard = [session.listen(window.waveform[None], np.array([window.shaft_hz]), window.healthy).embedding[0] for window in data.windows]
    weight = independent([window.machine for window in data.windows], np.array([window.time for window in data.windows]))
    return Samples(np.array(heard, np.float64), np.array([window.target for window in data.windows], np.int64), weight)


def expect_enough(told: Samples) -> None:
    """A handful of labels teaches noise."""
    healthy = int(np.sum(told.target == HEALTHY))
    if len(told.target) < LEAST:
        raise Refused(f"{len(told.target)} labelled windows ({healthy} healthy): at least {LEAST} are needed; label alarms and disagreements first")


def choose(school: School, told: Samples, data: FieldData) -> tuple[Taught, float, dict[str, Any]]:
    """The strength with the fewest errors on held-out machines (on later times where there is one machine only)."""
    folds = {"byMachine": machine_folds([window.machine for window in data.windows]), "byTime": time_fold(np.array([window.time for window in data.windows]))}
    picked: tuple[float, Taught, float, dict[str, Any]] | None = None
    for strength in STRENGTHS:
        taught = school.teach(told, strength)
        judged = {name: compare(school, told, masks, strength) for name, masks in folds.items()}
        first = judged["byMachine"] or judged["byTime"]
        if taught is None or first is None:
            continue
        if picked is None or first["weightedErrorsAfter"] < picked[0] - 1e-9:
            picked = (first["weightedErrorsAfter"], taught, strength, judged)
    if picked is None:
        raise Refused(f"every head that explains the field forgets more than {100 * school.forget:g} points of what was known, or all frames are of one machine and one moment")
    return picked[1], picked[2], {"field": picked[3]}


def generated(school: School, taught: Taught) -> dict[str, Any]:
    """Detection and false alarms on generated machines that no lesson used."""
    known = school.known["validate"]
    faulty = known.label != HEALTHY
    sides = {"before": school.present, "after": taught}
    figures = {name: side.says(known.embedding) for name, side in sides.items()}
    return {
        "windows": len(known.label),
        **{name: {"accuracy": float(np.mean(says == faulty)), "detection": float(says[faulty].mean()), "falseAlarms": float(says[~faulty].mean())} for name, says in figures.items()},
    }


def golden(base: Path, session: Session, present: Taught, taught: Taught) -> dict[str, Any]:
    """Right verdicts on the labelled set of the package, which no lesson used either."""
    if not (base / "golden" / "labelled.json").exists():
        return {}
    cases = read_labelled(base / "golden")
    embedding = listen(session, cases).embedding
    faulty = np.array([case.label != HEALTHY for case in cases])
    return {"golden": {"windows": len(cases), "rightBefore": int(np.sum(present.says(embedding) == faulty)), "rightAfter": int(np.sum(taught.says(embedding) == faulty))}}


def tell(figures: dict[str, Any]) -> None:
    """Progress lines with the figures."""
    for name, row in figures["field"].items():
        if row:
            say(f"held out {name}: {row['windows']} windows, accuracy {row['before']['accuracy']:.3f} -> {row['after']['accuracy']:.3f}, {row['better']} better, {row['worse']} worse")
    known = figures["generated"]
    say(f"generated: accuracy {known['before']['accuracy']:.3f} -> {known['after']['accuracy']:.3f}")
    if "golden" in figures:
        say(f"golden: {figures['golden']['rightBefore']} -> {figures['golden']['rightAfter']} of {figures['golden']['windows']} right")


def expect_better(lesson: Lesson, figures: dict[str, Any]) -> None:
    """What is no better where it was not taught is not worth a trial."""
    first = figures["field"]["byMachine"] or figures["field"]["byTime"]
    if first["weightedErrorsAfter"] >= first["weightedErrorsBefore"] and not lesson.anyway:
        raise Refused("no fewer errors on held-out field windows than the present head: nothing was written (--anyway writes it nevertheless)")


def write_package(lesson: Lesson, base: dict[str, Any], taught: Taught, data: FieldData, told: Samples, figures: dict[str, Any]) -> dict[str, Any]:
    """Everything but head, threshold, golden logits and words is the base's, byte for byte."""
    lesson.out.mkdir(parents=True, exist_ok=True)
    for entry in files(lesson.base):
        (lesson.out / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(lesson.base / entry["path"], lesson.out / entry["path"])
    write_head(lesson.out, taught.head)
    repeat_vectors(Session(lesson.out / GRAPH_FILE, threads=1), lesson.out / "golden")
    manifest = {
        **base,
        "version": lesson.version,
        "sequence": base["sequence"] + 1,
        "parent": {"version": base["version"], "digest": file_digest(lesson.base / "manifest.json")},
        "thresholds": {**base["thresholds"], "anomalyScore": score_threshold(base, taught, figures)},
        "golden": golden_files(lesson.out),
        "trainingData": training_data(base, data, told, figures["strength"]),
        "evaluation": {"command": f"python -m pipeline head --field DIR --base listener/{base['version']} --version {lesson.version}", **{name: figures[name] for name in ("field", "generated", "golden") if name in figures}},
    }
    (lesson.out / "CARD.md").write_text(field_card(manifest))
    manifest["files"] = files(lesson.out)
    write_manifest(lesson.out, manifest)
    size = sum(entry["bytes"] for entry in manifest["files"] if entry["sha256"] not in {old["sha256"] for old in base["files"]})
    say(f"package: {lesson.out} listener {lesson.version}, {size} bytes differ from {base['version']}")
    return manifest


def score_threshold(base: dict[str, Any], taught: Taught, figures: dict[str, Any]) -> dict[str, Any]:
    """The threshold and where it comes from."""
    return {
        **base["thresholds"]["anomalyScore"],
        "threshold": taught.threshold,
        "measuredOn": "healthy windows of generated machines and of the field, the field with the weight of its independent frames",
        "falseAlarmsOnTestMachines": figures["generated"]["after"]["falseAlarms"],
    }


def training_data(base: dict[str, Any], data: FieldData, told: Samples, strength: float) -> dict[str, Any]:
    """What the head learnt from, in numbers only."""
    kinds = {"healthy": HEALTHY, "faultOfUnknownType": ANY_FAULT}
    labels = {name: int(np.sum(told.target == index)) for name, index in kinds.items()}
    return {
        "description": f"Last layer only, from {len(told.target)} labelled field windows and {base['name']} {base['version']}, held near it by a replay of generated machines.",
        "base": {"version": base["version"], "trainingData": base["trainingData"]},
        "field": {
            "windows": len(told.target),
            "independentWindows": float(told.weight.sum()),
            "machines": len({window.machine for window in data.windows}),
            "labels": {**labels, "faultOfKnownType": int(np.sum(told.target > HEALTHY))},
            "leftOut": dict(sorted(data.left_out.items())),
            "batches": len(data.batches),
        },
        "strength": strength,
        "replaySeed": SEED,
        "realRecordings": "field data as above",
    }
