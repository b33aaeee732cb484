"""Fitting the last layer: multinomial logistic regression held near the present head.

Minimises  sum w_i loss_i + strength / 2 |theta - theta_0|^2  by L-BFGS. The loss of a window of known class is
-ln P(class); of a fault of unknown type it is -ln(1 - P(healthy)): whichever fault the head thinks of may grow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from .field_data import ANY_FAULT, HEALTHY
from .head_file import Head

#: the field never weighs more than the replay, and as much as that only when there are many independent frames
FIELD_SHARE, FIELD_HALF = 0.5, 30.0
#: frames of a machine close together in time say nearly the same: design effect 1 + (m - 1) rho (Kish, 1965)
BLOCK_S, RHO = 3600.0, 0.2
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """Embeddings [count, 512] with targets and weights."""

    embedding: Floats
    target: NDArray[np.int64]
    weight: Floats


def independent(machines: list[str], times: Floats) -> Floats:
    """Weight of each frame: its share of the independent frames that its machine and hour are worth."""
    blocks = [(machine, int(time // BLOCK_S)) for machine, time in zip(machines, times)]
    sizes = {block: blocks.count(block) for block in set(blocks)}
    return np.array([1 / (1 + (sizes[block] - 1) * RHO) for block in blocks])


def mix(known: Samples, told: Samples) -> Samples:
    """Replay and field as one set of total weight one."""
    worth = told.weight.sum()
    share = FIELD_SHARE * worth / (worth + FIELD_HALF)
    return Samples(
        np.concatenate([known.embedding, told.embedding]),
        np.concatenate([known.target, told.target]),
        np.concatenate([(1 - share) * known.weight / known.weight.sum(), share * told.weight / max(worth, 1e-12)]),
    )


def fit(samples: Samples, present: Head, strength: float) -> Head:
    """The head that explains the samples and is no farther from `present` than it must be."""
    rows, width = present.weight.shape
    start = np.column_stack([present.weight, present.bias]).astype(np.float64).ravel()
    inputs = np.column_stack([samples.embedding, np.ones(len(samples.embedding))])

    def objective(theta: Floats) -> tuple[float, Floats]:
        logits = inputs @ theta.reshape(rows, width + 1).T
        loss, pull = losses(logits, samples.target)
        away = theta - start
        gradient = (samples.weight[:, None] * pull).T @ inputs
        return float(samples.weight @ loss + 0.5 * strength * away @ away), gradient.ravel() + strength * away

    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-10, "gtol": 1e-7})
    theta = found.x.reshape(rows, width + 1).astype(np.float32)
    return Head(np.ascontiguousarray(theta[:, :width]), np.ascontiguousarray(theta[:, width]))


def losses(logits: Floats, target: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Loss [count] and its gradient by the logits [count, classes]."""
    whole = logsumexp(logits, axis=1)
    faults = logits.copy()
    faults[:, HEALTHY] = -np.inf
    some_fault = logsumexp(faults, axis=1)
    untyped = target == ANY_FAULT
    wanted = np.where(untyped, some_fault, logits[np.arange(len(logits)), np.maximum(target, 0)])
    towards = np.exp(faults - some_fault[:, None])
    towards[~untyped] = np.eye(logits.shape[1])[target[~untyped]]
    return whole - wanted, np.exp(logits - whole[:, None]) - towards


def scores(head: Head, embedding: NDArray[np.floating]) -> Floats:
    """1 - P(healthy) [count]."""
    logits = head.logits(embedding.astype(np.float64))
    return 1 - np.exp(logits[:, HEALTHY] - logsumexp(logits, axis=1))


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """Smallest value with at most `share` of the weight above it."""
    order = np.argsort(values, kind="stable")
    above = 1 - np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.argmax(above <= share + 1e-12)])
