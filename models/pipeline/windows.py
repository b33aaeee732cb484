"""Windows: which conditions of a machine are rendered, as baseline and as test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .contract import CLASSES
from .generator import Window, render
from .machine import Machine, draw_machine, log_uniform

BASELINE_WINDOWS = 6
#: test windows per machine, as class indices: three healthy, then each fault once, then one more of the rest
HEALTHY_TESTS = 3
TESTS = HEALTHY_TESTS + len(CLASSES) - 1
FAULT_DB = (-10.0, 16.0)
#: share of windows whose damage has lost its rhythm; a ball turns about changing axes and meets its defect at random
DIFFUSE = {"inner-race": 0.25, "outer-race": 0.25, "ball": 0.45}
DIFFUSE_DB = (-2.0, 16.0)
#: one branch of the seed per split, so that no machine is in two of them
SPLITS = {"train": 0, "calibrate": 1, "validate": 2, "test": 3}


@dataclass(frozen=True)
class Scene:
    """One machine's windows, float32 [count, 8192] at 12 kHz, and the speed told for each, hertz (0 = unknown)."""

    machine: Machine
    baseline: NDArray[np.float32]
    baseline_shaft: NDArray[np.float32]
    tests: NDArray[np.float32]
    tests_shaft: NDArray[np.float32]
    labels: NDArray[np.int64]
    fault_db: NDArray[np.float32]


def scene(seed: int, split: str, index: int) -> Scene:
    """Machine number `index` of a split; the same arguments always give the same samples."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, SPLITS[split], index]))
    machine = draw_machine(rng)
    steady = 1 + rng.normal(0, 0.004)
    baseline = [Window(speed=steady + rng.normal(0, 0.001), load=rng.uniform(0.6, 1.0)) for _ in range(BASELINE_WINDOWS)]
    labels = np.array([0] * HEALTHY_TESTS + list(range(1, len(CLASSES))))
    tests = [draw_test(rng, steady, CLASSES[label]) for label in labels]
    return Scene(
        machine=machine,
        baseline=np.stack([render(machine, window, rng) for window in baseline]).astype(np.float32),
        baseline_shaft=told(machine, baseline),
        tests=np.stack([render(machine, window, rng) for window in tests]).astype(np.float32),
        tests_shaft=told(machine, tests),
        labels=labels,
        fault_db=np.array([window.fault_db for window in tests], np.float32),
    )


def draw_test(rng: np.random.Generator, steady: float, fault: str) -> Window:
    """A later window: gain, sensor noise, load, speed and slow drift differ from the baseline, healthy or not."""
    diffuse = rng.uniform(0.6, 1.0) if rng.random() < DIFFUSE.get(fault, 0.0) else 0.0
    return Window(
        fault=fault,
        fault_db=rng.uniform(*(DIFFUSE_DB if diffuse else FAULT_DB)) if fault != "healthy" else 0.0,
        diffuse=diffuse,
        speed=steady * (1 + rng.normal(0, 0.004)),
        load=rng.uniform(0.5, 1.0),
        gain=log_uniform(rng, 0.5, 2.0),
        noise=log_uniform(rng, 0.05, 1.2) if rng.random() < 0.35 else 0.0,
        drift=log_uniform(rng, 0.02, 0.25),
    )


def told(machine: Machine, windows: list[Window]) -> NDArray[np.float32]:
    """Speed told to the network: the true speed with the machine's constant error, or 0."""
    return np.array([machine.shaft_hz * window.speed * machine.told_ratio for window in windows], np.float32)
