import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.__main__ import main
from pipeline.head_file import Head, read_head, write_head
from pipeline.judge import Comparison, judge
from pipeline.manifest import files, read_manifest, write_manifest


@pytest.fixture(scope="module")
def deaf(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose last layer says the same of everything."""
    folder = tmp_path_factory.mktemp("deaf") / "package"
    shutil.copytree(artifact, folder, ignore=shutil.ignore_patterns("model.sig"))
    head = read_head(artifact)
    write_head(folder, Head(np.zeros_like(head.weight), np.zeros_like(head.bias)))
    manifest = read_manifest(folder) | {"version": "0.9.0"}
    write_manifest(folder, manifest | {"files": files(folder)})
    return folder


def test_a_package_is_as_good_as_itself(artifact: Path, tmp_path: Path):
    report = judge(Comparison(artifact, artifact, None, None, tmp_path / "report.json", quick=True))
    assert report["golden"]["candidate"] == report["golden"]["current"]
    assert (report["golden"]["better"], report["golden"]["worse"]) == (0, 0)
    assert report["latency"]["sameGraph"] and report["samePreprocessing"] and report["sameClasses"]
    assert 0.2 < report["size"]["ratio"] < 0.32
    assert json.loads((tmp_path / "report.json").read_text()) == report


def test_a_deaf_one_is_found_out_by_the_set_of_the_present_one(artifact: Path, deaf: Path, tmp_path: Path):
    assert main(["judge", "--candidate", str(deaf), "--current", str(artifact), "--out", str(tmp_path / "report.json"), "--quick"]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    golden = report["golden"]
    assert golden["current"]["accuracy"] > 0.9
    assert golden["worse"] - golden["better"] == round(golden["windows"] * (golden["current"]["accuracy"] - golden["candidate"]["accuracy"]))
    assert golden["candidate"]["falseAlarms"] in (0.0, 1.0)
    assert report["candidate"]["version"] == "0.9.0"
    assert report["candidate"]["files"]["head.bin"] != report["current"]["files"]["head.bin"]


def test_does_not_judge_a_package_that_is_not_what_its_manifest_says(artifact: Path, deaf: Path, tmp_path: Path):
    broken = tmp_path / "broken"
    shutil.copytree(deaf, broken)
    (broken / "head.bin").write_bytes(b"1234")
    with pytest.raises(ValueError, match=r"head\.bin is not the file"):
        judge(Comparison(broken, artifact, None, None, tmp_path / "report.json", quick=True))
