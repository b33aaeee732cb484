"""Export: trained weights -> FP32 ONNX graph with the frame inside."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch

from .contract import BANDS, COLUMNS, SAMPLE_RATE_HZ, WINDOW_SAMPLES
from .network import Listener

OPSET = 17
INPUTS = ("waveform", "sample_rate_hz", "shaft_hz", "healthy_frame")
OUTPUTS = ("logits", "embedding", "frame", "spectrum")


def example(batch: int) -> tuple[torch.Tensor, ...]:
    """Inputs of the right shapes, for tracing."""
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, 1, WINDOW_SAMPLES, generator=generator),
        torch.full((batch,), float(SAMPLE_RATE_HZ)),
        torch.full((batch,), 29.0),
        torch.randn(batch, 2, BANDS, COLUMNS, generator=generator),
    )


def export(listener: Listener, path: Path) -> None:
    """Write `listener` as ONNX with a symbolic batch axis."""
    listener.eval()
    torch.onnx.export(
        listener,
        example(2),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes={name: {0: "batch"} for name in (*INPUTS, *OUTPUTS)},
        opset_version=OPSET,
        do_constant_folding=True,
    )
    onnx.checker.check_model(str(path))
