from dataclasses import replace

import numpy as np
import pytest

from pipeline.bearing import Bearing
from pipeline.generator import TIME, Window, defect_hits, defect_order, render, shaft_phase
from pipeline.machine import draw_machine
from pipeline.windows import scene

SKF_6205 = Bearing(balls=9, ratio=0.3126 / 1.537, contact=0.0)


def steady_machine():
    """A machine with the CWRU drive-end bearing, no slip, no wobble, no second hit: impacts are countable."""
    drawn = draw_machine(np.random.default_rng(3))
    return replace(drawn, bearing=SKF_6205, slip=0.0, wobble=0.0, double_hit=0.0, shaft_hz=30.0, noisy_fault=0.0)


def test_knows_the_published_orders_of_a_6205_bearing():
    orders = [SKF_6205.bpfi, SKF_6205.bpfo, SKF_6205.ftf, 2 * SKF_6205.bsf]
    np.testing.assert_allclose(orders, [5.4152, 3.5848, 0.39828, 4.7135], rtol=2e-4)


@pytest.mark.parametrize("fault", ["inner-race", "outer-race", "ball"])
def test_strikes_at_the_defect_frequency(fault):
    machine, rng = steady_machine(), np.random.default_rng(5)
    phase = shaft_phase(machine, Window(fault), rng)
    hits = defect_hits(machine, Window(fault), phase, rng)
    inside = (hits.turns > phase[0]) & (hits.turns < phase[-1])
    expected = defect_order(machine, fault) * 30.0 * (TIME[-1] - TIME[0])
    assert abs(inside.sum() - expected) <= 1.5


def test_slip_lets_the_impacts_wander_without_changing_their_mean_rate():
    machine, rng = replace(steady_machine(), slip=0.02), np.random.default_rng(5)
    phase = shaft_phase(machine, Window("outer-race"), rng)
    gaps = np.diff(defect_hits(machine, Window("outer-race"), phase, rng).turns)
    assert np.mean(gaps) == pytest.approx(1 / SKF_6205.bpfo, rel=0.01)
    assert np.std(gaps) * SKF_6205.bpfo == pytest.approx(0.02, rel=0.35)


def test_envelope_of_a_loud_outer_fault_peaks_at_bpfo():
    machine = replace(steady_machine(), outer_depth=0.0, pulse_s=5e-5, sensor_noise=0.01)
    wave = render(machine, Window("outer-race", fault_db=16.0), np.random.default_rng(8))
    spectrum = np.abs(np.fft.rfft(np.abs(np.diff(wave)) - np.mean(np.abs(np.diff(wave)))))
    hertz = np.arange(len(spectrum)) * 12_000 / (len(wave) - 1)
    band = (hertz > 60) & (hertz < 160)
    assert hertz[band][np.argmax(spectrum[band])] == pytest.approx(30.0 * SKF_6205.bpfo, abs=2.0)


def test_scales_the_fault_against_the_healthy_signal():
    machine = replace(steady_machine(), sensor_noise=0.001)
    healthy = render(machine, Window(), np.random.default_rng(2))
    fault = render(machine, Window("inner-race", fault_db=12.0), np.random.default_rng(2))
    assert np.std(fault) / np.std(healthy) == pytest.approx(np.hypot(1, 10**0.6), rel=0.1)


def test_same_seed_same_samples_and_other_split_other_machine():
    first, again, other = scene(4, "train", 9), scene(4, "train", 9), scene(4, "test", 9)
    np.testing.assert_array_equal(first.tests, again.tests)
    assert not np.array_equal(first.tests, other.tests)
    assert list(first.labels) == [0, 0, 0, 1, 2, 3, 4]
