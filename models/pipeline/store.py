"""Where stages keep their outputs: one folder per stage and configuration hash, marked done when complete."""

from __future__ import annotations

import ast
import hashlib
import json
import os
from pathlib import Path
from typing import Any

PIPELINE = Path(__file__).resolve().parent
MODELS = PIPELINE.parent
GOLDEN = MODELS / "golden"
ARTIFACTS = MODELS / "artifacts" / "listener"
DATA_SOURCES = ("contract.py", "bearing.py", "machine.py", "generator.py", "windows.py", "frame.py")


def digest(value: object) -> str:
    """sha256 of canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_digest(names: tuple[str, ...]) -> str:
    """sha256 over what source files do: a changed generator must not reuse old data, a better comment may."""
    return digest([code_of((PIPELINE / name).read_text()) for name in names])


def code_of(source: str) -> str:
    """Syntax tree without comments, layout and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            del body[0]
    return ast.dump(tree)


class Stage:
    """A stage's folder `<workdir>/<name>-<hash>`."""

    def __init__(self, workdir: Path, name: str, key: object) -> None:
        self.name = name
        self.hash = digest(key)[:12]
        self.folder = workdir / f"{name}-{self.hash}"
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def done(self) -> bool:
        """Whether a former run finished this stage with the same key."""
        return (self.folder / "done").exists()

    def finish(self) -> None:
        """Mark the stage complete."""
        (self.folder / "done").write_text(self.hash)

    def path(self, name: str) -> Path:
        """A file of this stage."""
        return self.folder / name


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader never sees half of it."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    os.replace(part, path)


def say(text: str) -> None:
    """Progress line."""
    print(text, flush=True)
