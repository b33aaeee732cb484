import json
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest

from pipeline import golden
from pipeline.float_twin import float_twin
from pipeline.contract import PREPROCESSING
from pipeline.head_file import GRAPH_FILE, HEAD_FILE, split_head
from pipeline.manifest import check
from pipeline.recordings import resample
from pipeline.session import Session
from pipeline.store import GOLDEN, digest, file_digest
from pipeline.windows import scene


@pytest.fixture(scope="module")
def manifest(artifact: Path) -> dict:
    return json.loads((artifact / "manifest.json").read_text())


@pytest.fixture(scope="module")
def twin(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("twin") / "twin.onnx"
    float_twin(artifact / "model.int8.onnx", path)
    return path


def test_answers_the_golden_vectors(packaged: Session, artifact: Path):
    worst = golden.differences(packaged, artifact / "golden")
    assert all(worst[name] <= golden.TOLERANCE[name] for name in worst), worst


def test_golden_vectors_say_where_their_numbers_lie(artifact: Path):
    index, _ = golden.read_vectors(artifact / "golden")
    assert index["binary"]["sha256"] == file_digest(artifact / "golden" / index["binary"]["file"])


def test_golden_folder_stays_small():
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 500_000


def test_splitting_off_the_head_gives_the_packaged_bytes_again(artifact: Path, tmp_path: Path):
    whole = tmp_path / "whole.onnx"
    onnx.save(onnx.load(artifact / GRAPH_FILE), whole)
    split_head(whole, tmp_path)
    for name in (GRAPH_FILE, HEAD_FILE):
        assert file_digest(tmp_path / name) == file_digest(artifact / name), name


def test_the_schema_takes_the_manifest_and_refuses_half_of_it(manifest: dict):
    check(manifest)
    with pytest.raises(jsonschema.ValidationError, match="preprocessing"):
        check({name: value for name, value in manifest.items() if name != "preprocessing"})


def test_manifest_digests_match_the_files(manifest: dict, artifact: Path):
    for entry in manifest["files"]:
        assert file_digest(artifact / entry["path"]) == entry["sha256"]
        assert (artifact / entry["path"]).stat().st_size == entry["bytes"]
    there = {str(path.relative_to(artifact)) for path in artifact.rglob("*") if path.is_file()}
    assert there - {"model.sig"} == {"manifest.json", *(entry["path"] for entry in manifest["files"])}


def test_manifest_states_the_preprocessing_in_use(manifest: dict):
    assert manifest["preprocessing"]["sha256"] == digest(PREPROCESSING)


def test_input_and_output_contract(manifest: dict):
    shapes = {value["name"]: value["shape"] for value in (*manifest["inputs"], *manifest["outputs"])}
    assert shapes == {
        "waveform": ["batch", 1, 8192],
        "sample_rate_hz": ["batch"],
        "shaft_hz": ["batch"],
        "healthy_frame": ["batch", 2, 32, 128],
        "logits": ["batch", 5],
        "embedding": ["batch", 512],
        "frame": ["batch", 2, 32, 128],
        "spectrum": ["batch", 32],
    }


def test_int8_file_is_at_most_27_percent_of_fp32(artifact: Path, twin: Path):
    assert (artifact / "model.int8.onnx").stat().st_size / twin.stat().st_size <= 0.27


def test_frame_has_no_quantised_node(artifact: Path):
    graph = onnx.load(artifact / "model.int8.onnx").graph
    touched = {node.name for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")}
    assert touched and not any(name.startswith("/frame/") for name in touched)


def test_weights_have_seven_bits_so_that_avx2_does_not_saturate(artifact: Path):
    tensors = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(artifact / "model.int8.onnx").graph.initializer]
    kernels = [tensor for tensor in tensors if tensor.dtype == np.int8 and tensor.ndim >= 2]
    assert len(kernels) == 20  # every convolution of the ResNet
    assert max(int(np.abs(kernel.astype(int)).max()) for kernel in kernels) <= 64


def test_fp32_twin_has_the_same_topology_and_says_the_same(packaged: Session, artifact: Path, twin: Path):
    operators = [node.op_type for node in onnx.load(twin).graph.node]
    assert operators.count("Relu") == 17 and operators.count("QuantizeLinear") == 0
    drawn = scene(11, "test", 5)
    healthy = packaged.listen(drawn.baseline, drawn.baseline_shaft).frame.mean(axis=0)
    exact = Session(twin, threads=1).listen(drawn.tests, drawn.tests_shaft, healthy)
    quantised = packaged.listen(drawn.tests, drawn.tests_shaft, healthy)
    np.testing.assert_allclose(quantised.logits, exact.logits, atol=1.0)


def test_resampler_matches_its_golden_vectors():
    vectors = json.loads((GOLDEN / "resample.json").read_text())
    assert [case["fromHz"] for case in vectors["cases"]] == [48_000, 20_000, 25_600, 48_828]
    for case in vectors["cases"]:
        output = resample(np.array(case["input"], np.float32), case["fromHz"])
        np.testing.assert_allclose(output, case["output"], atol=vectors["toleranceAbsolute"])
