"""The detector without a network: shrinkage Mahalanobis distance of the gain-free mean spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDS = 4


@dataclass(frozen=True)
class Reference:
    """Mean [d] and inverse covariance [d, d] of a machine's healthy vectors."""

    mean: Floats
    precision: Floats

    def distance(self, vectors: Floats) -> Floats:
        """Mahalanobis distance of rows [count, d] -> [count]."""
        away = vectors - self.mean
        return np.sqrt(np.einsum("ni,ij,nj->n", away, self.precision, away))


def fit(vectors: Floats) -> Reference:
    """Covariance shrunk to a scaled identity (Ledoit & Wolf, J. Multivariate Analysis 88, 2004)."""
    count, width = vectors.shape
    mean = vectors.mean(axis=0)
    away = vectors - mean
    sample = away.T @ away / count
    scale = np.trace(sample) / width
    spread = np.sum((sample - scale * np.eye(width)) ** 2)
    noise = sum(np.sum((np.outer(row, row) - sample) ** 2) for row in away) / count**2
    shrink = min(1.0, noise / max(spread, 1e-18))
    covariance = shrink * scale * np.eye(width) + (1 - shrink) * sample
    return Reference(mean, np.linalg.inv(covariance + 1e-9 * np.eye(width)))


def limit(vectors: Floats) -> float:
    """exp(mean + 3 sd) of the log distance of vectors left out in four contiguous blocks."""
    blocks = np.array_split(np.arange(len(vectors)), FOLDS)
    left_out = [fit(np.delete(vectors, block, axis=0)).distance(vectors[block]) for block in blocks]
    logs = np.log(np.concatenate(left_out) + 1e-12)
    return float(np.exp(logs.mean() + 3 * logs.std(ddof=1)))
