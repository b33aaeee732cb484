"""What a run is made of; its hash names every intermediate output."""

from __future__ import annotations

from dataclasses import asdict, dataclass

#: of the model that `package` writes
VERSION = "0.1.0"
SEQUENCE = 1


@dataclass(frozen=True)
class Config:
    """Numbers of the shipped model. A change of any field gives new outputs instead of stale ones."""

    seed: int = 20261122
    train_machines: int = 4000
    calibrate_machines: int = 100
    validate_machines: int = 300
    test_machines: int = 300
    epochs: int = 4
    batch: int = 64
    peak_rate: float = 2e-3
    label_smoothing: float = 0.03
    no_baseline_share: float = 0.05  # samples trained with a zero healthy frame
    calibration_frames: int = 400
    false_alarm_rate: float = 0.01  # of the recommended threshold, on validation machines

    def dataset(self) -> dict[str, object]:
        """The part that decides the data."""
        return {"seed": self.seed, "train": self.train_machines, "calibrate": self.calibrate_machines, "validate": self.validate_machines, "test": self.test_machines}

    def training(self) -> dict[str, object]:
        """The part that decides the weights."""
        return asdict(self)


QUICK = Config(train_machines=300, calibrate_machines=60, validate_machines=40, test_machines=40, epochs=2)
