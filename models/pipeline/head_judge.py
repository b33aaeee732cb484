"""Judging a head honestly: on machines and times that it was not taught, and on what it knew before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from .field_data import HEALTHY
from .head_file import Head
from .head_fit import Samples, fit, mix, quantile, scores
from .replay import Known

MACHINE_FOLDS = 5
EARLIER = 0.7
#: strengths of the pull towards the present head, weakest last; a tie goes to the stronger
STRENGTHS = (3.0, 1.0, 0.3, 0.1)
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Taught:
    """A head with its threshold."""

    head: Head
    threshold: float

    def says(self, embedding: NDArray[np.floating]) -> Flags:
        """Whether each window is anomalous."""
        return scores(self.head, embedding) > self.threshold


@dataclass(frozen=True)
class School:
    """What every lesson shares: the replay, the present head, what may be forgotten and how many false alarms are wanted."""

    known: dict[str, Known]
    present: Taught
    forget: float
    false_alarms: float

    def teach(self, told: Samples, strength: float) -> Taught | None:
        """A head with its threshold; None where it would forget more than it may."""
        train = self.known["train"]
        replayed = Samples(train.embedding.astype(np.float64), train.label, np.ones(len(train.label)))
        mixed = mix(replayed, told)
        head = fit(mixed, self.present.head, strength)
        return self.calibrate(head, told, share=float(mixed.weight[len(train.label) :].sum()))

    def calibrate(self, head: Head, told: Samples, share: float) -> Taught | None:
        """The threshold with the wanted false alarms on generated and field windows together, or the nearest below it
        that keeps what is known."""
        generated = self.known["validate"]
        heard = scores(head, generated.embedding)
        quiet, healthy = heard[generated.label == HEALTHY], told.target == HEALTHY
        pooled = np.concatenate([quiet, scores(head, told.embedding[healthy])])
        weights = np.concatenate([np.full(len(quiet), (1 - share) / len(quiet)), share * told.weight[healthy] / max(told.weight.sum(), 1e-12)])
        wanted = quantile(pooled, weights, self.false_alarms)
        least = self.accuracy(self.present) - self.forget
        steps = np.unique(np.append(heard[heard <= wanted], wanted))[::-1]
        fits = (step for step in steps if np.mean((heard > step) == (generated.label != HEALTHY)) >= least)
        found = next(fits, None)
        return None if found is None else Taught(head, float(found))

    def accuracy(self, taught: Taught) -> float:
        """Share of generated windows judged rightly, of machines that no lesson used."""
        generated = self.known["validate"]
        return float(np.mean(taught.says(generated.embedding) == (generated.label != HEALTHY)))


def machine_folds(machines: list[str]) -> list[Flags]:
    """Held-out masks, whole machines at a time; none with a single machine."""
    names = sorted(set(machines))
    if len(names) < 2:
        return []
    fold = {name: index % min(MACHINE_FOLDS, len(names)) for index, name in enumerate(names)}
    numbers = np.array([fold[machine] for machine in machines])
    return [numbers == index for index in range(numbers.max() + 1)]


def time_fold(times: Floats) -> list[Flags]:
    """The later part held out; none where all frames are of one time."""
    later = times > np.quantile(times, EARLIER)
    return [later] if later.any() else []


def held_out(school: School, told: Samples, folds: list[Flags], strength: float) -> tuple[Flags, Flags] | None:
    """Verdicts of heads that were not taught the windows judged, and which windows were judged."""
    said, judged = np.zeros(len(told.target), bool), np.zeros(len(told.target), bool)
    for out in folds:
        taught = school.teach(Samples(told.embedding[~out], told.target[~out], told.weight[~out]), strength)
        if taught is None:
            return None
        said[out], judged[out] = taught.says(told.embedding[out]), True
    return said, judged


def compare(school: School, told: Samples, folds: list[Flags], strength: float) -> dict[str, Any] | None:
    """Present against taught head on held-out field windows; None where there is nothing to judge with."""
    found = held_out(school, told, folds, strength) if folds else None
    if found is None:
        return None
    said, judged = found
    truth = (told.target != HEALTHY)[judged]
    before, after = school.present.says(told.embedding[judged]) == truth, said[judged] == truth
    return {
        "windows": int(judged.sum()),
        "independentWindows": float(told.weight[judged].sum()),
        "before": rates(before, truth),
        "after": rates(after, truth),
        "better": int(np.sum(after & ~before)),
        "worse": int(np.sum(before & ~after)),
        "weightedErrorsBefore": float(told.weight[judged] @ ~before),
        "weightedErrorsAfter": float(told.weight[judged] @ ~after),
    }


def rates(right: Flags, faulty: Flags) -> dict[str, Any]:
    """Accuracy with its 95 % Wilson interval, detection and false alarms."""
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(0.95, method="wilson")
    return {
        "accuracy": float(right.mean()),
        "accuracy95": [float(interval.low), float(interval.high)],
        "detection": float(right[faulty].mean()) if faulty.any() else None,
        "falseAlarms": float(1 - right[~faulty].mean()) if not faulty.all() else None,
    }
