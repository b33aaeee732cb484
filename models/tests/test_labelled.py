import json
from pathlib import Path

import numpy as np
import pytest

from pipeline import labelled
from pipeline.contract import CLASSES
from pipeline.session import Session
from pipeline.store import file_digest
from pipeline.windows import scene


@pytest.fixture(scope="module")
def cases(artifact: Path) -> list[labelled.LabelledCase]:
    return labelled.read_labelled(artifact / "golden")


def test_holds_every_class_of_every_machine(cases: list[labelled.LabelledCase]):
    assert len(cases) == 7 * labelled.MACHINES
    assert [case.label for case in cases] == [0, 0, 0, 1, 2, 3, 4] * labelled.MACHINES
    assert len({case.name for case in cases}) == len(cases)


def test_sixteen_bits_keep_the_window(cases: list[labelled.LabelledCase]):
    drawn = scene(labelled.SEED, "test", 1)
    for row in range(7):
        case = cases[7 + row]
        assert case.shaft_hz == pytest.approx(float(drawn.tests_shaft[row]))
        np.testing.assert_allclose(case.waveform, drawn.tests[row], atol=np.abs(drawn.tests[row]).max() / 60_000)


def test_the_packaged_model_judges_nine_of_ten_rightly(cases: list[labelled.LabelledCase], packaged: Session, artifact: Path):
    threshold = json.loads((artifact / "manifest.json").read_text())["thresholds"]["anomalyScore"]["threshold"]
    says = labelled.listen(packaged, cases).score > threshold
    right = np.mean(says == np.array([case.label != 0 for case in cases]))
    assert 0.9 < right < 1.0, "a set that is always right could not tell two models apart"


def test_the_same_model_writes_the_same_bytes(packaged: Session, artifact: Path, tmp_path: Path):
    labelled.write_labelled(packaged, tmp_path)
    for name in ("labelled.json", "labelled.i16"):
        assert file_digest(tmp_path / name) == file_digest(artifact / "golden" / name), name
    written, shipped = (np.fromfile(folder / "labelled.f32", "<f4") for folder in (tmp_path, artifact / "golden"))
    np.testing.assert_allclose(written, shipped, atol=5e-3)


def test_says_where_its_numbers_lie(artifact: Path):
    index = json.loads((artifact / "golden" / "labelled.json").read_text())
    for part in ("binary", "frames"):
        assert file_digest(artifact / "golden" / index[part]["file"]) == index[part]["sha256"]
    assert {case["class"] for case in index["cases"]} == set(CLASSES)


def test_is_small():
    golden = Path(labelled.__file__).parent.parent / "artifacts" / "listener" / "0.1.0" / "golden"
    assert sum(path.stat().st_size for path in golden.glob("labelled.*")) < 2_000_000
