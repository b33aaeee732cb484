"""Paths and the packaged model, shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
MODELS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(MODELS))

from pipeline.config import VERSION  # noqa: E402
from pipeline.session import Session  # noqa: E402
from pipeline.store import ARTIFACTS  # noqa: E402


@pytest.fixture(scope="session")
def artifact() -> Path:
    return ARTIFACTS / VERSION


@pytest.fixture(scope="session")
def packaged(artifact: Path) -> Session:
    return Session(artifact / "model.int8.onnx", threads=1)
