"""Replay: embeddings of generated windows, so that a head taught by the field forgets nothing of what it knew.

The generator needs no torch, and the embeddings come from the very graph that the head will sit on. Seeds of their own:
neither the training of the backbone nor the labelled set of a package has met these machines. (Rehearsal against
catastrophic forgetting: Robins, Connection Science 7, 1995.)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .session import Session
from .store import DATA_SOURCES, digest, file_digest, say, source_digest
from .windows import scene

SEED = 43
#: machines to learn from and machines to calibrate and judge on; seven windows each
SPLITS = {"train": 80, "validate": 80}
QUICK_SPLITS = {"train": 24, "validate": 24}


class Known(NamedTuple):
    """Embeddings [count, 512] with their classes; machine by machine."""

    embedding: NDArray[np.float32]
    label: NDArray[np.int64]
    machine: NDArray[np.int64]


def replay(graph: Path, session: Session, workdir: Path) -> dict[str, Known]:
    """Both splits for one graph, kept in `workdir`."""
    key = digest([file_digest(graph), source_digest((*DATA_SOURCES, "windows.py")), SEED, SPLITS])[:12]
    path = workdir / f"replay-{key}.npz"
    if not path.exists():
        say(f"replay: {sum(SPLITS.values())} generated machines, once per graph")
        workdir.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        parts = {split: embed(session, split, count) for split, count in SPLITS.items()}
        np.savez(part, **{f"{split}_{name}": values for split, known in parts.items() for name, values in known._asdict().items()})
        os.replace(part, path)
    kept = np.load(path)
    return {split: Known(*(kept[f"{split}_{name}"] for name in Known._fields)) for split in SPLITS}


def embed(session: Session, split: str, machines: int) -> Known:
    """Every test window of the machines, each against its machine's baseline."""
    embeddings, labels, numbers = [], [], []
    for index in range(machines):
        drawn = scene(SEED, split, index)
        healthy = session.listen(drawn.baseline, drawn.baseline_shaft).frame.mean(axis=0)
        embeddings.append(session.listen(drawn.tests, drawn.tests_shaft, healthy).embedding)
        labels.append(drawn.labels)
        numbers.append(np.full(len(drawn.labels), index))
    return Known(np.concatenate(embeddings), np.concatenate(labels), np.concatenate(numbers))
