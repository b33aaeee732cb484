"""Command line: `python -m pipeline <stage>`, run in the models folder."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path

from .config import VERSION
from .store import MODELS, say

STAGES = {
    "dataset": "render machines and compute frames",
    "train": "train the network, one checkpoint per epoch",
    "export": "write the FP32 ONNX graph",
    "quantise": "write the INT8 ONNX graph",
    "evaluate": "judge it on generated machines and, with --data, on real recordings",
    "golden": "write golden vectors and the labelled set",
    "package": "write artifacts/listener/<version>",
    "all": "everything above, in order",
    "bench": "latency of the packaged INT8 model against its FP32 twin",
    "twin": "rebuild an FP32 model from the packaged INT8 model",
}
JUDGE = "measure a candidate package beside the one that it would replace (needs no torch)"
HEAD = "teach the last layer what the field has labelled, and write the next version (needs no torch)"


def parser() -> argparse.ArgumentParser:
    """All commands; what they need is imported when they run."""
    listing = "\n".join(f"  {name:<10}{text}" for name, text in {**STAGES, "head": HEAD, "judge": JUDGE}.items())
    top = argparse.ArgumentParser(prog="python -m pipeline", description=f"Build the listener.\n\n{listing}", formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    for name, text in STAGES.items():
        stage = commands.add_parser(name, description=text)
        stage.add_argument("--workdir", type=Path, default=MODELS / ".work", help="intermediate outputs (default .work)")
        stage.add_argument("--seed", type=int, help="seed of everything random")
        stage.add_argument("--data", type=Path, help="folder of real recordings to judge with (never to train)")
        stage.add_argument("--baseline-data", type=Path, help="folder whose normal recordings are the baselines; default: --data itself")
        stage.add_argument("--quick", action="store_true", help="small run of about two minutes; writes into the work folder only")
        stage.add_argument("--out", type=Path, help="where artifacts/ and golden/ go (default: the models folder)")
        stage.add_argument("--version", default=VERSION, help=f"semantic version of the package (default {VERSION})")
    head = commands.add_parser("head", description=HEAD)
    head.add_argument("--field", type=Path, required=True, help="folder with field data sets, as agents upload them")
    head.add_argument("--base", type=Path, required=True, help="package to start from")
    head.add_argument("--out", type=Path, required=True, help="folder of the new package; must be empty")
    head.add_argument("--version", required=True, help="semantic version of the new package")
    head.add_argument("--workdir", type=Path, default=MODELS / ".work", help="where the replay is kept (default .work)")
    head.add_argument("--forget", type=float, default=0.02, help="accuracy on generated machines that may be lost, 0..1 (default 0.02)")
    head.add_argument("--anyway", action="store_true", help="write it although it is no better on held-out windows")
    head.add_argument("--quick", action="store_true", help="a smaller replay: for trying things out, not for a release")
    judge = commands.add_parser("judge", description=JUDGE)
    judge.add_argument("--candidate", type=Path, required=True, help="package to judge")
    judge.add_argument("--current", type=Path, required=True, help="package that it would replace")
    judge.add_argument("--data", type=Path, help="folder of real recordings to judge with as well")
    judge.add_argument("--baseline-data", type=Path, help="folder whose normal recordings are the baselines; default: --data itself")
    judge.add_argument("--out", type=Path, required=True, help="file of the report")
    judge.add_argument("--quick", action="store_true", help="fewer rounds of the latency")
    return top


def run_stage(options: argparse.Namespace) -> int:
    """A stage of the whole training."""
    from . import stages
    from .config import QUICK, Config

    config = QUICK if options.quick else Config()
    if options.seed is not None:
        config = replace(config, seed=options.seed)
    out = options.out or (options.workdir if options.quick else MODELS)
    stages.COMMANDS[options.command](stages.Run(config, options.workdir, out, options.data, options.baseline_data, options.version))
    return 0


def run_head(options: argparse.Namespace) -> int:
    """The next version from the field: 0 written, 3 not worth it."""
    # One thread: the sums have the same order everywhere, and so small a problem is no faster with more.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from . import replay
    from .head import Lesson, Refused, learn_head

    if options.quick:
        replay.SPLITS.update(replay.QUICK_SPLITS)
    try:
        learn_head(Lesson(options.field, options.base, options.out, options.version, options.workdir, options.forget, options.anyway))
    except Refused as why:
        say(f"head: {why}")
        return 3
    return 0


def run_judge(options: argparse.Namespace) -> int:
    """The report of a candidate: 0 written, whatever it says."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from .judge import Comparison, judge

    judge(Comparison(options.candidate, options.current, options.data, options.baseline_data, options.out, options.quick))
    return 0


RUNS = {"head": run_head, "judge": run_judge}


def main(arguments: list[str] | None = None) -> int:
    warnings.filterwarnings("ignore", message="The shape inference of prim::Constant type is missing")
    options = parser().parse_args(arguments)
    return RUNS.get(options.command, run_stage)(options)


if __name__ == "__main__":
    sys.exit(main())
