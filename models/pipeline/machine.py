"""One random machine: everything that stays the same from window to window.

Healthy machines are drawn as rich as faulty ones: lines that are no shaft multiple, electrical modulation, beating
tones, sporadic knocks. A generator without them teaches a network to call every real machine faulty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bearing import Bearing, draw_bearing

Floats = NDArray[np.float64]

RATE_HZ = 12_000
LEAD = 2048  # samples rendered before the window and dropped: circular filtering then never wraps into it
RENDERED = 8192 + LEAD
FREQUENCIES: Floats = np.fft.rfftfreq(RENDERED, 1 / RATE_HZ)


@dataclass(frozen=True)
class Tone:
    """A steady line: `order` of the shaft if `locked`, else hertz."""

    frequency: float
    amplitude: float
    locked: bool


@dataclass(frozen=True)
class Machine:
    """Amplitudes are relative to the machine's coloured noise of unit RMS, before the paths."""

    shaft_hz: float
    told_ratio: float  # speed told to the network / true speed; 0 = not told
    line_hz: float
    bearing: Bearing
    harmonics: Floats  # amplitudes of 1x .. 12x
    teeth: int  # 0 = no gear
    mesh: Floats  # amplitudes of 1 .. 3 x mesh
    mesh_depth: float
    tones: tuple[Tone, ...]  # hum, inverter carrier with sidebands, beating pairs
    noise_shape: Floats  # magnitude over FREQUENCIES
    modulations: tuple[Tone, ...]  # of the noise: 1x, 2x, vane pass, non-shaft lines, 2 x line frequency
    knocks_per_s: float
    noise_path: NDArray[np.complex128]
    fault_path: NDArray[np.complex128]
    pulse_s: float
    gain: float
    sensor_noise: float
    wobble: float
    slip: float
    load_extent: float  # Stribeck load zone, epsilon
    two_lobes: bool
    outer_depth: float  # shaft modulation of an outer-race defect
    double_hit: float  # amplitude of the exit hit, 0 = none
    hit_gap: float  # fraction of the defect period between entry and exit hit
    noisy_fault: float  # share of the fault that is gated noise
    raced_balance: float  # amplitude of the alternate ball hit
    cage_depth: float
    shaft_fault: str  # unbalance, misalignment or looseness


def draw_machine(rng: np.random.Generator) -> Machine:
    """Draw one machine; wide ranges on purpose, so that a real machine lies inside them."""
    shaft = math.exp(rng.uniform(math.log(10), math.log(60)))
    line = 50.0 if rng.random() < 0.6 else 60.0
    has_gear = rng.random() < 0.5
    poles = resonances(rng)
    equaliser = equalise(rng)
    noise_path = (0.5 + response(rng, poles)) * equaliser
    fault_path = (rng.uniform(0, 0.5) + response(rng, poles)) * equaliser
    return Machine(
        shaft_hz=shaft,
        told_ratio=told_ratio(rng),
        line_hz=line,
        bearing=draw_bearing(rng),
        harmonics=log_uniform(rng, 0.02, 2.0) * np.exp(rng.normal(0, 0.9, 12)) / np.arange(1, 13) ** rng.uniform(0.3, 1.5),
        teeth=int(rng.integers(12, 60)) if has_gear else 0,
        mesh=log_uniform(rng, 0.03, 1.5) * np.exp(rng.normal(0, 0.6, 3)) / np.array([1.0, 2.0, 3.0]),
        mesh_depth=rng.uniform(0, 0.8),
        tones=draw_tones(rng, line, shaft),
        noise_shape=np.maximum(FREQUENCIES, 20.0) ** (-rng.uniform(-0.2, 1.2) / 2),
        modulations=draw_modulations(rng, line, shaft),
        knocks_per_s=rng.uniform(0.5, 8) if rng.random() < 0.25 else 0.0,
        noise_path=noise_path,
        fault_path=fault_path,
        pulse_s=rng.uniform(50e-6, 400e-6),
        gain=log_uniform(rng, 0.03, 30),
        sensor_noise=log_uniform(rng, 0.01, 0.5),
        wobble=rng.uniform(0, 0.01) if rng.random() < 0.7 else 0.0,
        slip=log_uniform(rng, 0.001, 0.02),
        load_extent=rng.uniform(0.3, 1.5),
        two_lobes=rng.random() < 0.3,
        outer_depth=rng.uniform(0.1, 0.9) if rng.random() < 0.75 else 0.0,
        double_hit=rng.uniform(0.2, 1.0) if rng.random() < 0.4 else 0.0,
        hit_gap=rng.uniform(0.05, 0.4),
        noisy_fault=rng.uniform(0.2, 0.9) if rng.random() < 0.35 else 0.0,
        raced_balance=rng.uniform(0.1, 1.0),
        cage_depth=rng.uniform(0.2, 1.0),
        shaft_fault=str(rng.choice(["unbalance", "misalignment", "looseness"])),
    )


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Log-uniform draw in [low, high]."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def told_ratio(rng: np.random.Generator) -> float:
    """What the plant knows of the speed: measured (0.4 %), name plate (5 %), or nothing (10 % of machines)."""
    kind = rng.random()
    if kind < 0.1:
        return 0.0
    return 1 + (rng.normal(0, 0.004) if kind < 0.73 else rng.uniform(-0.05, 0.05))


def draw_tones(rng: np.random.Generator, line: float, shaft: float) -> tuple[Tone, ...]:
    """Electrical hum (50 %), inverter carrier with sidebands (20 %), up to four beating pairs (40 % each)."""
    tones: list[Tone] = []
    if rng.random() < 0.5:
        level = log_uniform(rng, 0.02, 1.0)
        tones += [Tone(line * k, level * math.exp(rng.normal(0, 0.8)) / k, False) for k in (1, 2, 3, 4, 6)]
    if rng.random() < 0.2:
        carrier, level = rng.uniform(1000, 5500), log_uniform(rng, 0.05, 1.0)
        tones.append(Tone(carrier, level, False))
        tones += [Tone(carrier + side * 2 * line, level * rng.uniform(0.2, 1), False) for side in (-1, 1)]
    for _ in range(4):
        if rng.random() < 0.4:
            centre, gap, level = rng.uniform(150, 5000), rng.uniform(0.2, 9) * shaft, log_uniform(rng, 0.05, 0.8)
            tones += [Tone(centre, level, False), Tone(centre + gap, level * rng.uniform(0.3, 1), False)]
    return tuple(tones)


def draw_modulations(rng: np.random.Generator, line: float, shaft: float) -> tuple[Tone, ...]:
    """What modulates the healthy noise: shaft, twice shaft, vane pass, three non-shaft lines, twice line frequency."""
    chances = [
        (0.6, 1.0, True),
        (0.5, 2.0, True),
        (0.35, float(rng.integers(3, 10)), True),
        *[(0.45, rng.uniform(0.3, 12), True) for _ in range(3)],
        (0.4, 2 * line, False),
    ]
    return tuple(
        Tone(frequency, rng.uniform(0.03, 1.0) ** 1.5, locked) for chance, frequency, locked in chances if rng.random() < chance
    )


def resonances(rng: np.random.Generator) -> Floats:
    """Six structural modes: rows of (hertz, damping ratio)."""
    return np.column_stack([rng.uniform(250, 5900, 6), rng.uniform(0.008, 0.09, 6)])


def response(rng: np.random.Generator, poles: Floats) -> NDArray[np.complex128]:
    """Sum of single-degree-of-freedom accelerances with random participation, over FREQUENCIES, peak about one."""
    weight = np.exp(rng.normal(0, 0.9, len(poles))) * rng.choice([-1.0, 1.0], len(poles))
    natural, damping = poles[:, :1], poles[:, 1:]
    modes = 2 * damping * FREQUENCIES**2 / (natural**2 - FREQUENCIES**2 + 2j * damping * natural * FREQUENCIES)
    return weight @ modes


def equalise(rng: np.random.Generator) -> Floats:
    """Sensor and mounting: 8 knots of 5 dB deviation, and a low pass in half of the machines."""
    knots = rng.normal(0, 5, 8)
    curve = 10 ** (np.interp(FREQUENCIES, np.linspace(0, 6000, 8), knots) / 20)
    if rng.random() < 0.5:
        curve = curve / np.sqrt(1 + (FREQUENCIES / rng.uniform(2500, 9000)) ** 8)
    return curve
