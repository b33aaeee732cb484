"""manifest.json: what a consumer must know before it trusts a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import onnx
from onnx import TensorProto

from .head_file import GRAPH_FILE, HEAD_FILE
from .store import MODELS, file_digest, write_json

SCHEMA = MODELS / "schemas" / "model-manifest.schema.json"
DTYPES = {TensorProto.FLOAT: "float32"}
#: what each file of a package is for, in the order of the manifest
ROLES = {
    GRAPH_FILE: "graph",
    HEAD_FILE: "head",
    "golden/vectors.json": "golden-vectors",
    "golden/vectors.f32": "golden-vectors",
    "golden/labelled.json": "golden-labelled",
    "golden/labelled.i16": "golden-labelled",
    "golden/labelled.f32": "golden-labelled",
    "CARD.md": "card",
}


def files(folder: Path) -> list[dict[str, Any]]:
    """Role, digest and size of each file that is there."""
    there = [(name, role, folder / name) for name, role in ROLES.items() if (folder / name).exists()]
    return [{"path": name, "role": role, "sha256": file_digest(path), "bytes": path.stat().st_size} for name, role, path in there]


def golden_files(folder: Path) -> dict[str, str]:
    """Where the golden sets lie."""
    sets = {"vectors": "golden/vectors.json", "labelled": "golden/labelled.json"}
    return {name: path for name, path in sets.items() if (folder / path).exists()}


def contract(value: onnx.ValueInfoProto) -> dict[str, Any]:
    """Name, type and shape of an input or output; symbolic axes by name."""
    kind = value.type.tensor_type
    return {"name": value.name, "dtype": DTYPES[kind.elem_type], "shape": [axis.dim_param or axis.dim_value for axis in kind.shape.dim]}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a package."""
    return json.loads((folder / "manifest.json").read_text())


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write manifest.json, checked against the schema that the registry and the agent read it with."""
    check(manifest)
    write_json(folder / "manifest.json", manifest)


def check(manifest: dict[str, Any], schema: Path = SCHEMA) -> None:
    """Raises jsonschema.ValidationError, which names the place."""
    jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(manifest)
