import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.field_data import ANY_FAULT, HEALTHY, read_field
from simulated_machines import Simulated, write_field


HEALTHY_FRAME = np.random.default_rng(0).standard_normal((2, 32, 128)).astype(np.float32)


def window(number: int, fault: str = "healthy") -> Simulated:
    rng = np.random.default_rng(number)
    return Simulated(0, number, fault, 25.0, rng.standard_normal(8192).astype(np.float32), HEALTHY_FRAME)


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    return write_field(tmp_path, [window(0), window(1, "ball"), window(2, "ball")])


def change(batch: Path, number: int, **fields: object) -> None:
    manifest = json.loads((batch / "manifest.json").read_text())
    manifest["recordings"][number] |= fields
    (batch / "manifest.json").write_text(json.dumps(manifest))


def test_people_say_healthy_fault_or_which_fault(batch: Path, tmp_path: Path):
    change(batch, 2, faultType="outer-race")
    data = read_field(tmp_path)
    assert [found.target for found in data.windows] == [HEALTHY, ANY_FAULT, 2]
    np.testing.assert_array_equal(data.windows[0].waveform, window(0).wave)
    np.testing.assert_array_equal(data.windows[0].healthy, window(0).healthy)
    assert data.windows[0].shaft_hz == 25.0
    assert data.windows[0].machine == "hall-7/node-1/m0"
    assert data.batches == [{"site": "hall-7", "node": "node-1", "batch": batch.name, "recordings": 3}]


def test_a_fault_type_that_the_network_does_not_know_is_some_fault(batch: Path, tmp_path: Path):
    change(batch, 1, faultType="gear")
    assert read_field(tmp_path).windows[1].target == ANY_FAULT


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"label": "unknown"}, "unlabelled"),
        ({"healthyFrame": None}, "no healthy frame"),
        ({"sha256": "0" * 64}, "not the one in the manifest"),
        ({"file": "gone.bin"}, "missing"),
        ({"file": "../../../../etc/hostname"}, "missing"),
        ({"file": "healthy-m0.bin"}, "not the one in the manifest"),
        ({"time": "yesterday"}, "cannot be read"),
        ({"sampleRateHz": 24_000}, "too short"),
        ({"rpm": None}, "cannot be read"),
    ],
)
def test_leaves_out_what_cannot_teach_and_says_why(batch: Path, tmp_path: Path, fields: dict[str, object], why: str):
    change(batch, 1, **fields)
    data = read_field(tmp_path)
    assert len(data.windows) == 2
    assert sum(data.left_out.values()) == 1 and why in next(iter(data.left_out))


def test_numbers_that_are_none_teach_nothing(tmp_path: Path):
    silent = window(1)
    silent.wave[5] = np.nan
    write_field(tmp_path, [window(0), silent])
    assert read_field(tmp_path).left_out == {"not finite": 1}


def test_the_newest_label_of_a_frame_counts(batch: Path, tmp_path: Path):
    again = batch.with_name("20261124-0")
    batch.rename(again)
    write_field(tmp_path, [window(0), window(1, "ball"), window(2, "ball")])
    change(again, 1, label="normal", labelTime="2026-11-24T00:00:00.000000Z")
    change(again, 2, label="unknown", labelTime=None)
    data = read_field(tmp_path)
    assert [found.target for found in data.windows] == [HEALTHY, HEALTHY, ANY_FAULT]


def test_other_manifests_are_none_of_its_business(batch: Path, tmp_path: Path):
    (tmp_path / "cwru").mkdir()
    (tmp_path / "cwru" / "manifest.json").write_text('{"dataset": "cwru", "recordings": []}')
    assert len(read_field(tmp_path).windows) == 3


def test_half_a_manifest_is_an_error(batch: Path, tmp_path: Path):
    (batch / "manifest.json").write_text('{"dataset": "field", "formatVersion": 1, "site": "x"}')
    with pytest.raises(ValueError, match="node, batch, recordings missing"):
        read_field(tmp_path)
