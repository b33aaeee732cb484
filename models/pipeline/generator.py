"""Physics-based vibration of one machine in one condition.

Sources of the models: McFadden & Smith, JSV 96 (1984) and 98 (1985), impulse trains with load zone; Antoni & Randall,
"Differential diagnosis of gear and bearing faults", J. Vib. Acoust. 124 (2002), and "A stochastic model for simulation
and diagnostics of rolling element bearings with localised faults", 125 (2003), slip as a random walk; Randall & Antoni,
MSSP 25 (2011); Sawalhi & Randall, MSSP 25 (2011), entry and exit of the ball.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .machine import FREQUENCIES, LEAD, RATE_HZ, RENDERED, Floats, Machine

TIME: Floats = (np.arange(RENDERED) - LEAD) / RATE_HZ
MARGIN_TURNS = 1.0


@dataclass(frozen=True)
class Window:
    """What changes from window to window. `fault` is a class name, `fault_db` its RMS over the healthy RMS."""

    fault: str = "healthy"
    fault_db: float = 0.0
    speed: float = 1.0  # ratio to the machine's speed
    load: float = 1.0
    gain: float = 1.0
    noise: float = 0.0  # extra sensor noise / healthy RMS
    drift: float = 0.0  # deviation (natural log) of each healthy amplitude
    diffuse: float = 0.0  # share of the fault without a rhythm: distributed damage, rough or skidding parts


def render(machine: Machine, window: Window, rng: np.random.Generator) -> Floats:
    """One window of 8192 samples at 12 kHz, in an arbitrary unit."""
    phase = shaft_phase(machine, window, rng)
    healthy = filtered(healthy_source(machine, window, phase, rng), machine.noise_path * tilt(window, rng))[LEAD:]
    healthy_rms = rms(healthy)
    signal = healthy
    if window.fault != "healthy":
        fault = fault_signal(machine, window, phase, rng)[LEAD:]
        signal = healthy + fault * (healthy_rms * 10 ** (window.fault_db / 20) / max(rms(fault), 1e-12))
    floor = math.hypot(machine.sensor_noise * 0.3, window.noise) * healthy_rms
    return (signal + floor * rng.standard_normal(len(signal))) * (machine.gain * window.gain / healthy_rms)


def rms(signal: Floats) -> float:
    """Root mean square about the mean."""
    return float(np.std(signal))


def filtered(source: Floats, path: Floats) -> Floats:
    """Circular filtering with a frequency response over FREQUENCIES."""
    return np.fft.irfft(np.fft.rfft(source) * path, RENDERED)


def tilt(window: Window, rng: np.random.Generator) -> Floats:
    """Slow drift of the path: a smooth curve of `4.3 * drift` dB deviation at five knots."""
    if window.drift == 0:
        return np.ones_like(FREQUENCIES)
    knots = rng.normal(0, 0.5 * window.drift, 5)
    return np.exp(np.interp(FREQUENCIES, np.linspace(0, 6000, 5), knots))


def shaft_phase(machine: Machine, window: Window, rng: np.random.Generator) -> Floats:
    """Shaft angle in turns over TIME, with a slow wobble of the speed."""
    rate = rng.uniform(0.3, 3)
    base = machine.shaft_hz * window.speed
    swing = machine.wobble * np.cos(2 * np.pi * (rate * TIME + rng.random())) / (2 * np.pi * rate)
    return base * (TIME + swing) + rng.random()


def healthy_source(machine: Machine, window: Window, phase: Floats, rng: np.random.Generator) -> Floats:
    """Shaft harmonics, gear mesh, tones, modulated coloured noise and knocks, before the path."""
    source = modulated_noise(machine, phase, rng)
    strength = np.exp(rng.normal(0, window.drift, 12)) if window.drift else np.ones(12)
    source += harmonics(phase, machine.harmonics * strength, rng)
    if machine.teeth:
        source += gear(machine, window, phase, rng)
    for tone in machine.tones:
        cycles = tone.frequency * TIME
        source += tone.amplitude * math.exp(rng.normal(0, window.drift)) * np.cos(2 * np.pi * (cycles + rng.random()))
    if machine.knocks_per_s:
        source += knocks(machine, rng)
    return source


def harmonics(phase: Floats, amplitudes: Floats, rng: np.random.Generator, step: float = 1.0) -> Floats:
    """Sum of amplitude_k cos(2 pi k step phase + random)."""
    turns = np.exp(2j * np.pi * step * phase)
    power, total = np.ones_like(turns), np.zeros_like(turns)
    for amplitude in amplitudes:
        power = power * turns
        total += amplitude * np.exp(2j * np.pi * rng.random()) * power
    return total.real


def gear(machine: Machine, window: Window, phase: Floats, rng: np.random.Generator) -> Floats:
    """Mesh harmonics below 5.5 kHz, modulated by the shaft; they grow with the load."""
    envelope = 1 + machine.mesh_depth * np.cos(2 * np.pi * (phase + rng.random()))
    reach = 5500 / (machine.teeth * machine.shaft_hz)
    amplitudes = machine.mesh * window.load * (np.arange(1, 4) < reach)
    return harmonics(phase, amplitudes, rng, machine.teeth) * envelope


def modulated_noise(machine: Machine, phase: Floats, rng: np.random.Generator) -> Floats:
    """Coloured noise of unit RMS whose power beats with the machine's modulation lines."""
    noise = filtered(rng.standard_normal(RENDERED), machine.noise_shape)
    envelope = np.ones(RENDERED)
    for tone in machine.modulations:
        cycles = tone.frequency * (phase if tone.locked else TIME)
        envelope *= 1 + tone.amplitude * np.cos(2 * np.pi * (cycles + rng.random()))
    noise *= np.sqrt(np.maximum(envelope, 0.0))
    return noise / rms(noise)


def knocks(machine: Machine, rng: np.random.Generator) -> Floats:
    """Sporadic impacts without a rhythm."""
    source = np.zeros(RENDERED)
    count = rng.poisson(machine.knocks_per_s * RENDERED / RATE_HZ)
    source[rng.integers(0, RENDERED, count)] += rng.normal(0, 12, count)
    return source


def fault_signal(machine: Machine, window: Window, phase: Floats, rng: np.random.Generator) -> Floats:
    """The fault's own vibration at the sensor, not yet scaled."""
    if window.fault == "shaft":
        return filtered(shaft_source(machine, phase, rng), machine.noise_path)
    hits = defect_hits(machine, window, phase, rng)
    train = pulse_train(hits, phase)
    train = filtered(train, pulse_shape(machine.pulse_s))
    train /= max(rms(train), 1e-12)
    if machine.noisy_fault:
        gated = gated_noise(hits, phase, rng)
        train = (1 - machine.noisy_fault) * train + machine.noisy_fault * gated / max(rms(gated), 1e-12)
    train = (1 - window.diffuse) * train + window.diffuse * rubbing(phase, rng)
    return filtered(train, machine.fault_path)


def rubbing(phase: Floats, rng: np.random.Generator) -> Floats:
    """Noise of unit RMS from distributed damage, at most weakly modulated by the shaft."""
    swing = 1 + rng.uniform(0, 0.5) * np.cos(2 * np.pi * (phase + rng.random()))
    return swing * rng.standard_normal(RENDERED)


def shaft_source(machine: Machine, phase: Floats, rng: np.random.Generator) -> Floats:
    """Unbalance: 1x. Misalignment: 1x to 4x, mostly 2x. Looseness: many harmonics and halves, noise beating at 1x."""
    if machine.shaft_fault == "unbalance":
        return harmonics(phase, np.array([1.0, *rng.uniform(0, 0.15, 3)]), rng)
    if machine.shaft_fault == "misalignment":
        return harmonics(phase, np.array([rng.uniform(0.2, 0.8), 1.0, *rng.uniform(0.1, 0.6, 2)]), rng)
    whole = harmonics(phase, np.exp(rng.normal(-0.5, 0.5, 12)), rng)
    halves = harmonics(phase, rng.uniform(0, 0.5, 9), rng, 0.5)
    beat = (1 + np.cos(2 * np.pi * phase)) ** 2 * rng.standard_normal(RENDERED) * rng.uniform(0, 0.6)
    return whole + halves + beat


@dataclass(frozen=True)
class Hits:
    """Impacts of a defect: shaft angle in turns, amplitude, and mean spacing in turns."""

    turns: Floats
    amplitude: Floats
    spacing: float


def defect_order(machine: Machine, fault: str) -> float:
    """Impacts per shaft turn."""
    bearing = machine.bearing
    return {"inner-race": bearing.bpfi, "outer-race": bearing.bpfo, "ball": 2 * bearing.bsf}[fault]


def defect_hits(machine: Machine, window: Window, phase: Floats, rng: np.random.Generator) -> Hits:
    """Impact angles as a random walk (slip), amplitudes from the load zone."""
    spacing = 1 / defect_order(machine, window.fault)
    first, last = phase[0] - MARGIN_TURNS, phase[-1] + MARGIN_TURNS
    count = int((last - first) / spacing)
    steps = spacing * (1 + rng.normal(0, machine.slip, count))
    turns = first + rng.random() * spacing + np.cumsum(steps)
    amplitude = load_amplitude(machine, window, turns, rng) * np.exp(rng.normal(0, 0.1, count))
    if machine.double_hit:
        turns = np.concatenate([turns, turns + machine.hit_gap * spacing])
        amplitude = np.concatenate([amplitude, -machine.double_hit * amplitude])
    return Hits(turns, amplitude, spacing)


def load_amplitude(machine: Machine, window: Window, turns: Floats, rng: np.random.Generator) -> Floats:
    """Inner: the defect turns through the load zone with the shaft. Outer: it stays, the shaft may modulate. Ball: with the cage."""
    start = rng.random()
    if window.fault == "inner-race":
        return stribeck(turns + start, machine.load_extent, 2 if machine.two_lobes else 1)
    if window.fault == "outer-race":
        return 1 + machine.outer_depth * np.cos(2 * np.pi * (turns + start))
    cage = 1 - machine.cage_depth * (1 - stribeck(turns * machine.bearing.ftf + start, machine.load_extent, 1))
    return cage * np.where(np.arange(len(turns)) % 2, machine.raced_balance, 1.0)


def stribeck(turns: Floats, extent: float, lobes: int) -> Floats:
    """Stribeck's load distribution (1 - (1 - cos psi) / (2 eps))^1.5, zero outside the zone."""
    inside = 1 - (1 - np.cos(2 * np.pi * lobes * turns)) / (2 * extent)
    return np.maximum(inside, 0.0) ** 1.5


def pulse_train(hits: Hits, phase: Floats) -> Floats:
    """Impulses at fractional sample positions."""
    place = np.interp(hits.turns, phase, np.arange(RENDERED), left=-1, right=-1)
    inside = (place >= 0) & (place < RENDERED - 1)
    index, amplitude = place[inside].astype(int), hits.amplitude[inside]
    rest = place[inside] - index
    train = np.zeros(RENDERED)
    np.add.at(train, index, amplitude * (1 - rest))
    np.add.at(train, index + 1, amplitude * rest)
    return train


def pulse_shape(contact_s: float) -> Floats:
    """Spectrum of a smooth contact pulse of about `contact_s` seconds."""
    return np.exp(-0.5 * (np.pi * FREQUENCIES * contact_s / 2) ** 2)


def gated_noise(hits: Hits, phase: Floats, rng: np.random.Generator) -> Floats:
    """Noise let through for part of each passage: rough, extended damage."""
    order = np.argsort(hits.turns)
    width = hits.spacing * rng.uniform(0.1, 0.4)
    turns, amplitude = hits.turns[order], np.abs(hits.amplitude[order])
    previous = np.clip(np.searchsorted(turns, phase) - 1, 0, len(turns) - 1)
    open_ = np.exp(-np.maximum(phase - turns[previous], 0) / width)
    return open_ * amplitude[previous] * rng.standard_normal(RENDERED)
