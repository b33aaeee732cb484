import numpy as np
import pytest
from scipy.optimize import approx_fprime

from pipeline.field_data import ANY_FAULT
from pipeline.head_file import Head
from pipeline.head_fit import Samples, fit, independent, losses, mix, quantile, scores
from pipeline.head_judge import machine_folds, rates, time_fold

RNG = np.random.default_rng(3)
PRESENT = Head(RNG.standard_normal((5, 8)).astype(np.float32), RNG.standard_normal(5).astype(np.float32))


def samples(count: int, target: object) -> Samples:
    return Samples(RNG.standard_normal((count, 8)), np.broadcast_to(np.asarray(target, np.int64), count).copy(), np.full(count, 1 / count))


@pytest.mark.parametrize("target", [0, 2, 4, ANY_FAULT])
def test_the_gradient_is_that_of_the_loss(target: int):
    logits = RNG.standard_normal(5) * 3
    found = losses(logits[None], np.array([target]))[1][0]
    expected = approx_fprime(logits, lambda x: losses(x[None], np.array([target]))[0][0], 1e-6)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_fault_of_unknown_type_is_any_but_healthy():
    logits = np.array([[2.0, 1.0, 0.0, 0.0, 0.0]])
    healthy = np.exp(2.0) / np.exp(logits).sum()
    assert losses(logits, np.array([ANY_FAULT]))[0][0] == pytest.approx(-np.log(1 - healthy))


def test_a_strong_pull_leaves_the_head_where_it_is_and_a_weak_one_lets_it_learn():
    told = samples(60, ANY_FAULT)
    held, free = fit(told, PRESENT, 1e6), fit(told, PRESENT, 1e-3)
    np.testing.assert_allclose(held.weight, PRESENT.weight, atol=1e-4)
    assert scores(free, told.embedding).min() > scores(PRESENT, told.embedding).min()
    assert np.mean(scores(free, told.embedding) > 0.9) > 0.9


def test_the_same_samples_give_the_same_head():
    told = samples(30, np.arange(30) % 5)
    first, again = fit(told, PRESENT, 0.1), fit(told, PRESENT, 0.1)
    assert first.weight.tobytes() == again.weight.tobytes() and first.bias.tobytes() == again.bias.tobytes()


def test_frames_of_one_hour_of_one_machine_count_less():
    weights = independent(["a"] * 11 + ["b"], np.array([10.0] * 11 + [10.0]))
    np.testing.assert_allclose(weights, [1 / 3] * 11 + [1.0])
    np.testing.assert_allclose(independent(["a", "a"], np.array([0.0, 7200.0])), [1, 1])


def test_the_field_never_outweighs_the_replay():
    known = Samples(np.zeros((10, 8)), np.zeros(10, np.int64), np.ones(10))
    for count in (1, 30, 3000):
        mixed = mix(known, Samples(np.zeros((count, 8)), np.zeros(count, np.int64), np.ones(count)))
        share = mixed.weight[10:].sum()
        assert mixed.weight.sum() == pytest.approx(1)
        assert 0 < share < 0.5


def test_the_quantile_leaves_no_more_above_it_than_asked():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        values, weights, share = rng.random(40), rng.random(40), rng.uniform(0, 0.3)
        limit = quantile(values, weights, share)
        assert weights[values > limit].sum() <= share * weights.sum() + 1e-9
        below = values[values < limit]
        if below.size:
            assert weights[values > below.max()].sum() > share * weights.sum() - 1e-9


def test_machines_and_later_times_are_held_out_whole():
    machines = ["c", "a", "b", "a", "c"]
    folds = machine_folds(machines)
    assert np.sum(folds, axis=0).tolist() == [1, 1, 1, 1, 1]
    for fold in folds:
        inside = {machine for machine, out in zip(machines, fold) if out}
        assert inside.isdisjoint({machine for machine, out in zip(machines, fold) if not out})
    assert machine_folds(["a", "a"]) == []
    assert time_fold(np.arange(10.0))[0].tolist() == [False] * 7 + [True] * 3
    assert time_fold(np.zeros(4)) == []


def test_rates_say_how_sure_they_are():
    found = rates(np.array([True, True, False, True]), np.array([True, False, False, False]))
    assert (found["accuracy"], found["detection"]) == (0.75, 1.0)
    assert found["falseAlarms"] == pytest.approx(1 / 3)
    low, high = found["accuracy95"]
    assert low == pytest.approx(0.3006, abs=1e-3) and high == pytest.approx(0.9544, abs=1e-3)
    assert rates(np.array([True]), np.array([True]))["falseAlarms"] is None
