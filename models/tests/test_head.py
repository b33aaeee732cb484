import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import golden, head, replay
from pipeline.__main__ import main
from pipeline.head import Lesson, Refused, learn_head
from pipeline.head_file import GRAPH_FILE, read_head, write_head
from pipeline.manifest import read_manifest
from pipeline.session import Session
from pipeline.store import MODELS, file_digest
from pipeline.windows import scene
from simulated_machines import simulate, write_field


@pytest.fixture(scope="module", autouse=True)
def small_replay() -> None:
    kept = dict(replay.SPLITS)
    replay.SPLITS.update(train=30, validate=30)
    yield
    replay.SPLITS.update(kept)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def field(packaged: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("field")
    write_field(folder, simulate(packaged, machines=5, windows=12))
    return folder


def lesson(field: Path, base: Path, out: Path, workdir: Path, **over: object) -> Lesson:
    return Lesson(**{"field": field, "base": base, "out": out, "version": "0.2.0", "workdir": workdir, "forget": 0.03, "anyway": False, **over})


@pytest.fixture(scope="module")
def learnt(field: Path, artifact: Path, workdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("next") / "0.2.0"
    learn_head(lesson(field, artifact, out, workdir))
    return out


def test_the_head_is_the_last_layer_of_the_graph(artifact: Path, packaged: Session):
    drawn = scene(3, "test", 0)
    heard = packaged.listen(drawn.tests, drawn.tests_shaft)
    np.testing.assert_allclose(read_head(artifact).logits(heard.embedding), heard.logits, atol=1e-4)


def test_a_head_of_another_size_is_refused(tmp_path: Path, artifact: Path):
    write_head(tmp_path, read_head(artifact))
    assert file_digest(tmp_path / "head.bin") == file_digest(artifact / "head.bin")
    (tmp_path / "head.bin").write_bytes(b"1234")
    with pytest.raises(ValueError, match="not a head of this network"):
        read_head(tmp_path)


def test_only_head_and_words_change(learnt: Path, artifact: Path):
    base, manifest = read_manifest(artifact), read_manifest(learnt)
    before = {entry["path"]: entry["sha256"] for entry in base["files"]}
    changed = {entry["path"] for entry in manifest["files"] if before.get(entry["path"]) != entry["sha256"]}
    assert changed == {"head.bin", "golden/vectors.json", "CARD.md"}
    assert sum(entry["bytes"] for entry in manifest["files"] if entry["path"] in changed) < 25_000
    assert {str(path.relative_to(learnt)) for path in learnt.rglob("*") if path.is_file()} == {"manifest.json", *before}
    for entry in manifest["files"]:
        assert file_digest(learnt / entry["path"]) == entry["sha256"]


def test_the_manifest_says_what_it_comes_from(learnt: Path, artifact: Path):
    base, manifest = read_manifest(artifact), read_manifest(learnt)
    assert (manifest["version"], manifest["sequence"]) == ("0.2.0", base["sequence"] + 1)
    assert manifest["parent"] == {"version": "0.1.0", "digest": file_digest(artifact / "manifest.json")}
    assert manifest["preprocessing"] == base["preprocessing"]
    learnt_from = manifest["trainingData"]["field"]
    assert (learnt_from["windows"], learnt_from["machines"], learnt_from["labels"]["healthy"]) == (60, 5, 30)
    assert "hall-7" not in json.dumps(manifest), "names of sites stay out of the package"


def test_it_is_better_on_machines_that_it_was_not_taught_and_forgets_little(learnt: Path):
    figures = read_manifest(learnt)["evaluation"]
    judged = figures["field"]["byMachine"]
    assert judged["windows"] == 60
    assert judged["after"]["accuracy"] > judged["before"]["accuracy"]
    assert judged["better"] > judged["worse"]
    assert figures["generated"]["after"]["accuracy"] >= figures["generated"]["before"]["accuracy"] - 0.03
    assert figures["golden"]["rightAfter"] >= figures["golden"]["rightBefore"] - 3


def test_it_answers_its_own_golden_vectors_and_not_those_of_its_parent(learnt: Path, artifact: Path):
    session = Session(learnt / GRAPH_FILE, threads=1)
    assert all(worst <= golden.TOLERANCE[name] for name, worst in golden.differences(session, learnt / "golden").items())
    assert golden.differences(session, artifact / "golden")["logits"] > golden.TOLERANCE["logits"]


def test_the_card_says_what_was_measured(learnt: Path):
    text = (learnt / "CARD.md").read_text()
    assert "60 labelled field windows (30 healthy, 30 faults) of 5 machines" in text
    assert "| other machines | 60 |" in text and "Golden labelled set:" in text


def test_the_same_field_gives_the_same_bytes(field: Path, artifact: Path, workdir: Path, tmp_path: Path, learnt: Path):
    again = learn_head(lesson(field, artifact, tmp_path / "again", workdir))
    assert again == read_manifest(learnt)


def test_a_version_grows_out_of_the_one_before(field: Path, learnt: Path, workdir: Path, tmp_path: Path):
    manifest = learn_head(lesson(field, learnt, tmp_path / "third", workdir, version="0.3.0", anyway=True))
    assert (manifest["sequence"], manifest["parent"]["version"]) == (3, "0.2.0")
    assert file_digest(tmp_path / "third" / GRAPH_FILE) == file_digest(learnt / GRAPH_FILE)


@pytest.mark.parametrize("over, why", [({"version": "0.1.0"}, "other than the base's"), ({"version": "two"}, "semantic version"), ({"version": "0.2.0+x"}, "semantic version")])
def test_refuses_another_version_than_a_new_one(field: Path, artifact: Path, workdir: Path, tmp_path: Path, over: dict, why: str):
    with pytest.raises(Refused, match=why):
        learn_head(lesson(field, artifact, tmp_path / "no", workdir, **over))


def test_refuses_to_write_over_another_package(field: Path, artifact: Path, workdir: Path, tmp_path: Path):
    (tmp_path / "there").write_text("x")
    with pytest.raises(Refused, match="not empty"):
        learn_head(lesson(field, artifact, tmp_path, workdir))


def test_refuses_to_learn_from_a_handful(packaged: Session, artifact: Path, workdir: Path, tmp_path: Path):
    write_field(tmp_path / "field", simulate(packaged, machines=1, windows=4))
    with pytest.raises(Refused, match="at least 8"):
        learn_head(lesson(tmp_path / "field", artifact, tmp_path / "no", workdir))


def test_refuses_what_is_no_better_unless_told_otherwise(packaged: Session, artifact: Path, workdir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    windows = [window for window in simulate(packaged, machines=4, windows=24) if window.fault != "healthy"]
    write_field(tmp_path / "field", windows)
    command = ["head", "--field", str(tmp_path / "field"), "--base", str(artifact), "--version", "0.2.0", "--workdir", str(workdir), "--out"]
    assert main([*command, str(tmp_path / "no")]) == 3
    assert "nothing was written" in capsys.readouterr().out and not (tmp_path / "no").exists()
    assert main([*command, str(tmp_path / "yes"), "--anyway"]) == 0
    assert (tmp_path / "yes" / "manifest.json").exists()


def test_says_which_folder_it_cannot_read(artifact: Path, workdir: Path, tmp_path: Path):
    (tmp_path / "manifest.json").write_text('{"dataset": "field"}')
    with pytest.raises(Refused, match="no field data set"):
        learn_head(lesson(tmp_path, artifact, tmp_path / "no", workdir))


def test_needs_no_torch():
    blocked = "import sys; sys.modules['torch'] = None; import pipeline.head, pipeline.__main__; pipeline.__main__.parser()"
    subprocess.run([sys.executable, "-c", blocked], cwd=MODELS, check=True)
    assert head.LEAST == 8
