import numpy as np
import pytest
import torch

from pipeline.contract import COLUMNS, ORDER_STEP
from pipeline.frame import Frame
from pipeline.session import Session
from pipeline.windows import scene


@pytest.fixture(scope="module")
def frames() -> Frame:
    return Frame().eval()


def compute(frames: Frame, waves: np.ndarray, shaft: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        frame, spectrum = frames(torch.from_numpy(waves).float().unsqueeze(1), torch.full((len(waves),), 12_000.0), torch.from_numpy(shaft).float())
    return frame.numpy(), spectrum.numpy()


def test_torch_and_onnx_compute_the_same_frame(frames: Frame, packaged: Session):
    drawn = scene(11, "test", 1)
    frame, spectrum = compute(frames, drawn.tests, drawn.tests_shaft)
    heard = packaged.listen(drawn.tests, drawn.tests_shaft)
    np.testing.assert_allclose(heard.frame, frame, atol=2e-3)
    np.testing.assert_allclose(heard.spectrum, spectrum, atol=1e-3)


@pytest.mark.parametrize("gain, offset", [(1e-9, 0.0), (3.7, 0.0), (2e6, 0.0), (1.0, 5.0)])
def test_neither_gain_nor_offset_matter(frames: Frame, gain: float, offset: float):
    drawn = scene(11, "test", 2)
    waves = drawn.tests / drawn.tests.std()
    frame, spectrum = compute(frames, waves, drawn.tests_shaft)
    changed, changed_spectrum = compute(frames, waves * gain + offset, drawn.tests_shaft)
    np.testing.assert_allclose(changed, frame, atol=1e-2)
    np.testing.assert_allclose(changed_spectrum, spectrum, atol=1e-2)


@pytest.mark.parametrize("wave", [np.zeros(8192), np.full(8192, 9.81), np.eye(1, 8192)[0], np.zeros(8192) + 1e-38], ids=["zero", "constant", "impulse", "denormal"])
@pytest.mark.parametrize("shaft", [0.0, 0.01, 25.0, 500.0])
def test_degenerate_waveforms_give_finite_answers(packaged: Session, wave: np.ndarray, shaft: float):
    heard = packaged.listen(wave[None].astype(np.float32), np.array([shaft]))
    assert all(np.isfinite(part).all() for part in heard)


def test_a_modulated_carrier_shows_in_its_band_at_its_order(frames: Frame):
    time = np.arange(8192) / 12_000
    rng = np.random.default_rng(0)
    wave = (1 + 0.9 * np.cos(2 * np.pi * 4.2 * 30 * time)) * np.cos(2 * np.pi * 3000 * time) + 0.05 * rng.standard_normal(8192)
    orders = compute(frames, wave[None], np.array([30.0]))[0][0, 1]
    row = 2 * (3000 // 375 - 1)
    assert (np.argmax(orders[row]) + 1) * ORDER_STEP == pytest.approx(4.2, abs=0.051)


def test_a_line_between_two_columns_is_not_lost(frames: Frame):
    time = np.arange(8192) / 12_000
    noise = np.random.default_rng(0).standard_normal(8192)
    peaks = [compute(frames, ((1 + 0.9 * np.cos(2 * np.pi * order * 25 * time)) * noise)[None], np.array([25.0]))[0][0, 1, :30].mean(axis=0)[38:44].max() for order in (4.0, 4.05, 4.1)]
    assert min(peaks) > 0.7 * max(peaks)


def test_unknown_speed_means_an_axis_of_25_hertz(frames: Frame):
    drawn = scene(11, "test", 3)
    unknown, _ = compute(frames, drawn.tests, np.zeros(len(drawn.tests)))
    assumed, _ = compute(frames, drawn.tests, np.full(len(drawn.tests), 25.0))
    np.testing.assert_array_equal(unknown, assumed)
    assert unknown.shape == (7, 2, 32, COLUMNS)


def test_batches_and_single_windows_agree(packaged: Session):
    drawn = scene(11, "test", 4)
    together = packaged.listen(drawn.tests, drawn.tests_shaft)
    alone = packaged.listen(drawn.tests[2:3], drawn.tests_shaft[2:3])
    np.testing.assert_allclose(alone.frame[0], together.frame[2], atol=1e-4)
    np.testing.assert_allclose(alone.logits[0], together.logits[2], atol=0.3)
