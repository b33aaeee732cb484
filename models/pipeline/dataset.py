"""Dataset: render machines in parallel, turn windows into frames, keep them in shards."""

from __future__ import annotations

import multiprocessing
import os
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from .config import Config
from .contract import SAMPLE_RATE_HZ
from .frame import Frame
from .store import DATA_SOURCES, Stage, say, source_digest
from .windows import Scene, scene

SHARD = 50  # machines
COUNTS = {"train": "train_machines", "calibrate": "calibrate_machines", "validate": "validate_machines", "test": "test_machines"}
Arrays = dict[str, NDArray]


def dataset_stage(config: Config, workdir: Path) -> Stage:
    """The stage folder of this configuration's data."""
    return Stage(workdir, "dataset", [config.dataset(), source_digest(DATA_SOURCES)])


def build(config: Config, workdir: Path) -> Stage:
    """Render every split; finished shards are kept, so an interrupted run goes on where it stopped."""
    stage = dataset_stage(config, workdir)
    if stage.done:
        say(f"dataset: {stage.folder.name} exists")
        return stage
    started = time.monotonic()
    jobs = [(split, shard) for split, field in COUNTS.items() for shard in range(shards(getattr(config, field)))]
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for count, _ in enumerate(pool.imap_unordered(partial(write_shard, config, stage.folder), jobs), 1):
            if count % 5 == 0 or count == len(jobs):
                say(f"dataset: {count}/{len(jobs)} shards of {SHARD} machines, {time.monotonic() - started:.0f} s")
    stage.finish()
    return stage


def shards(machines: int) -> int:
    """Number of shards for so many machines."""
    return -(-machines // SHARD)


def shard_path(folder: Path, split: str, shard: int) -> Path:
    """File of one shard."""
    return folder / f"{split}-{shard:04d}.npz"


def write_shard(config: Config, folder: Path, job: tuple[str, int]) -> None:
    """Render one shard. Waveforms are kept for all splits but train, where frames suffice."""
    split, shard = job
    path = shard_path(folder, split, shard)
    if path.exists():
        return
    torch.set_num_threads(1)
    frames = Frame().eval()
    total = getattr(config, COUNTS[split])
    rows = [machine_arrays(scene(config.seed, split, index), frames, split != "train") for index in range(shard * SHARD, min(total, (shard + 1) * SHARD))]
    part = path.with_suffix(".part.npz")
    np.savez(part, **{key: np.stack([row[key] for row in rows]) for key in rows[0]})
    os.replace(part, path)


def machine_arrays(drawn: Scene, frames: Frame, waveforms: bool) -> Arrays:
    """A machine as arrays; float16 frames, as they lie within -5 .. +5."""
    arrays: Arrays = {
        "tests": compute_frames(frames, drawn.tests, drawn.tests_shaft),
        "baseline": compute_frames(frames, drawn.baseline, drawn.baseline_shaft),
        "labels": drawn.labels,
        "fault_db": drawn.fault_db,
    }
    if waveforms:
        arrays |= {
            "tests_wave": drawn.tests,
            "tests_shaft": drawn.tests_shaft,
            "baseline_wave": drawn.baseline,
            "baseline_shaft": drawn.baseline_shaft,
        }
    return arrays


@torch.no_grad()
def compute_frames(frames: Frame, waves: NDArray[np.float32], shaft: NDArray[np.float32]) -> NDArray[np.float16]:
    """waves [count, 8192] -> frames float16 [count, 2, 32, 128]."""
    rate = torch.full((len(waves),), float(SAMPLE_RATE_HZ))
    frame, _ = frames(torch.from_numpy(waves).unsqueeze(1), rate, torch.from_numpy(shaft))
    return frame.half().numpy()


def load(config: Config, workdir: Path, split: str, keys: tuple[str, ...]) -> Arrays:
    """Arrays of a split; first axis: machines."""
    folder = dataset_stage(config, workdir).folder
    parts = [np.load(shard_path(folder, split, shard)) for shard in range(shards(getattr(config, COUNTS[split])))]
    return {key: np.concatenate([part[key] for part in parts]) for key in keys}
