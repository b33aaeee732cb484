"""Command line: `python -m pipeline <stage>`, run in the models folder."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from . import stages
from .config import QUICK, Config
from .float_twin import float_twin
from .stages import Run
from .store import MODELS, say

Command = Callable[[Run], object]
COMMANDS: dict[str, tuple[Command, str]] = {
    "dataset": (stages.dataset, "render machines and compute frames"),
    "train": (stages.training, "train the network, one checkpoint per epoch"),
    "export": (stages.exporting, "write the FP32 ONNX graph"),
    "quantise": (stages.quantising, "write the INT8 ONNX graph"),
    "evaluate": (stages.evaluating, "judge it on generated machines and, with --data, on real recordings"),
    "golden": (stages.writing_golden, "write golden vectors"),
    "package": (stages.packaging, "write artifacts/listener/<version> (with golden vectors)"),
    "all": (stages.packaging, "everything above, in order"),
    "bench": (stages.benching, "latency of the packaged INT8 model against its FP32 twin"),
    "twin": (lambda run: write_twin(run), "rebuild an FP32 model from the packaged INT8 model"),
}


def write_twin(run: Run) -> None:
    """`float-twin.onnx` in the work folder."""
    run.workdir.mkdir(parents=True, exist_ok=True)
    path = run.workdir / "float-twin.onnx"
    float_twin(run.packaged, path)
    say(f"twin: {path.name} {path.stat().st_size} bytes")


def parse(arguments: list[str]) -> tuple[str, Run]:
    """Command and run."""
    listing = "\n".join(f"  {name:<10}{text}" for name, (_, text) in COMMANDS.items())
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=f"Build the listener.\n\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument("--workdir", type=Path, default=MODELS / ".work", help="intermediate outputs (default .work)")
    parser.add_argument("--seed", type=int, help="seed of everything random")
    parser.add_argument("--data", type=Path, help="folder of real recordings to judge with (never to train)")
    parser.add_argument("--baseline-data", type=Path, help="folder whose normal recordings are the baselines; default: --data itself")
    parser.add_argument("--quick", action="store_true", help="small run of about two minutes; writes into the work folder only")
    parser.add_argument("--out", type=Path, help="where artifacts/ and golden/ go (default: the models folder)")
    options = parser.parse_args(arguments)
    config = QUICK if options.quick else Config()
    if options.seed is not None:
        config = replace(config, seed=options.seed)
    out = options.out or (options.workdir if options.quick else MODELS)
    return options.command, Run(config, options.workdir, out, options.data, options.baseline_data)


def main() -> int:
    warnings.filterwarnings("ignore", message="The shape inference of prim::Constant type is missing")
    command, run = parse(sys.argv[1:])
    COMMANDS[command][0](run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
