"""Training: generated frames -> ResNet-18 weights, one checkpoint per epoch."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .config import Config
from .contract import CLASSES
from .dataset import Arrays, build, dataset_stage, load
from .frame import channels
from .network import ResNet18
from .store import Stage, say, source_digest

KEYS = ("tests", "baseline", "labels")


def train_stage(config: Config, workdir: Path) -> Stage:
    """The stage folder of this configuration's weights."""
    return Stage(workdir, "train", [config.training(), dataset_stage(config, workdir).hash, source_digest(("network.py", "train.py"))])


@dataclass
class Trainer:
    """Everything a checkpoint has to restore."""

    net: ResNet18
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler._LRScheduler

    def save(self, path: Path, epoch: int) -> None:
        part = path.with_suffix(".part")
        torch.save({"epoch": epoch, "net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(), "schedule": self.schedule.state_dict()}, part)
        os.replace(part, path)

    def restore(self, path: Path) -> int:
        """Load a checkpoint; returns the number of finished epochs."""
        state = torch.load(path)
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        return state["epoch"]


def train(config: Config, workdir: Path) -> Stage:
    """Train to the end; resumes after the last finished epoch."""
    build(config, workdir)
    stage = train_stage(config, workdir)
    if stage.done:
        say(f"train: {stage.folder.name} exists")
        return stage
    torch.manual_seed(config.seed)
    data, held = load(config, workdir, "train", KEYS), load(config, workdir, "validate", KEYS)
    samples = data["labels"].size
    trainer = make_trainer(config, -(-samples // config.batch))
    checkpoint = stage.path("checkpoint.pt")
    first = trainer.restore(checkpoint) if checkpoint.exists() else 0
    for epoch in range(first, config.epochs):
        train_epoch(config, trainer, data, epoch)
        trainer.save(checkpoint, epoch + 1)
        say(f"train: epoch {epoch + 1}/{config.epochs} validation {validation(trainer.net, held)}")
    torch.save(trainer.net.state_dict(), stage.path("weights.pt"))
    stage.finish()
    return stage


def make_trainer(config: Config, steps_per_epoch: int) -> Trainer:
    """AdamW with a one-cycle rate."""
    net = ResNet18().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=config.peak_rate / 10, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.peak_rate, epochs=config.epochs, steps_per_epoch=steps_per_epoch, pct_start=0.25)
    return Trainer(net, optimiser, schedule)


def train_epoch(config: Config, trainer: Trainer, data: Arrays, epoch: int) -> None:
    """One pass over all test windows; the seed of an epoch depends on its number only, so resuming changes nothing."""
    rng = np.random.default_rng([config.seed, epoch])
    loss_of = nn.CrossEntropyLoss(label_smoothing=config.label_smoothing)
    order = rng.permutation(data["labels"].size)
    trainer.net.train()
    started, told, total = time.monotonic(), time.monotonic(), 0.0
    for start in range(0, len(order), config.batch):
        picture, labels = batch(config, data, order[start : start + config.batch], rng)
        trainer.optimiser.zero_grad()
        loss = loss_of(trainer.net(picture)[0], labels)
        loss.backward()
        trainer.optimiser.step()
        trainer.schedule.step()
        total += loss.item() * len(labels)
        if time.monotonic() - told > 15:
            told = time.monotonic()
            done = start + len(labels)
            say(f"train: epoch {epoch + 1} {done}/{len(order)} loss {total / done:.3f} {told - started:.0f} s")


def batch(config: Config, data: Arrays, picks: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Network input [n, 4, 32, 128] and labels [n] for the picked windows."""
    machines, tests = np.divmod(picks, data["labels"].shape[1])
    frame = torch.from_numpy(data["tests"][machines, tests].astype(np.float32))
    healthy = torch.from_numpy(np.stack([healthy_mean(data["baseline"][machine], rng) for machine in machines]))
    healthy[torch.from_numpy(rng.random(len(picks)) < config.no_baseline_share)] = 0.0
    picture = augment(channels(frame, healthy), rng)
    return picture.contiguous(memory_format=torch.channels_last), torch.from_numpy(data["labels"][machines, tests])


def healthy_mean(baseline: NDArray[np.float16], rng: np.random.Generator) -> NDArray[np.float32]:
    """Mean frame of three or more of the machine's healthy windows."""
    count = rng.integers(3, len(baseline) + 1)
    chosen = rng.permutation(len(baseline))[:count]
    return baseline[chosen].astype(np.float32).mean(axis=0)


def augment(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Roll and flip the time axis of S and dS; the columns of E and dE are orders and stay."""
    time_channels = picture[:, 0::2]
    time_channels = torch.roll(time_channels, int(rng.integers(picture.shape[3])), dims=3)
    if rng.random() < 0.5:
        time_channels = time_channels.flip(3)
    return torch.stack([time_channels[:, 0], picture[:, 1], time_channels[:, 1], picture[:, 3]], dim=1)


@torch.no_grad()
def validation(net: ResNet18, held: Arrays) -> str:
    """One line on held-out generated machines."""
    net.eval()
    guesses = np.stack([net(machine_picture(held, machine))[0].argmax(1).numpy() for machine in range(len(held["labels"]))])
    labels = held["labels"]
    healthy = labels == 0
    right = [f"{name} {np.mean(guesses[labels == index] == index):.2f}" for index, name in enumerate(CLASSES)]
    return f"false alarms {np.mean(guesses[healthy] > 0):.3f} detected {np.mean(guesses[~healthy] > 0):.3f} recall {', '.join(right)}"


def machine_picture(data: Arrays, machine: int) -> Tensor:
    """All test windows of one machine against the mean of its whole baseline."""
    frame = torch.from_numpy(data["tests"][machine].astype(np.float32))
    healthy = torch.from_numpy(data["baseline"][machine].astype(np.float32).mean(axis=0)).expand_as(frame)
    return channels(frame, healthy)
