"""What consumers rely on: sizes, axes and classes. Free of torch, so that whoever only listens does not need it."""

from __future__ import annotations

CLASSES = ("healthy", "inner-race", "outer-race", "ball", "shaft")
EMBEDDING = 512

SAMPLE_RATE_HZ = 12_000
WINDOW_SAMPLES = 8192
BANDS = 32
COLUMNS = 128
ORDER_STEP = 0.1
UNKNOWN_SHAFT_HZ = 25.0  # the axis used when the speed is not known: columns of 2.5 Hz
TAPER_TURNS = 20.0  # a Hann taper of 20 turns resolves 0.1 order: neighbouring columns touch, none is skipped

S_TAPS, S_HOP = 128, 64
E_TAPS, E_HOP = 32, 8
E_BANDS = 15
TAPERS = 2

FLOOR = 1e-6  # 60 dB below the mean band power: below it a spectrum is sensor floor, not machine
LIMIT = 5.0  # frames live in -4 .. +4; the clamp keeps INT8 steps small whatever comes in

#: everything a consumer must not change without retraining; hashed into the manifest
PREPROCESSING = {
    "sampleRateHz": SAMPLE_RATE_HZ,
    "windowSamples": WINDOW_SAMPLES,
    "bands": BANDS,
    "columns": COLUMNS,
    "orderStep": ORDER_STEP,
    "unknownShaftHz": UNKNOWN_SHAFT_HZ,
    "taperTurns": TAPER_TURNS,
    "tapers": TAPERS,
    "spectrogram": {"taps": S_TAPS, "hop": S_HOP, "window": "hann", "floor": FLOOR},
    "envelope": {"taps": E_TAPS, "hop": E_HOP, "window": "hann", "bands": E_BANDS},
    "limit": LIMIT,
}
