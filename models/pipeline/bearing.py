"""Rolling-bearing kinematics: how often each part passes a defect, in multiples of the shaft speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Bearing:
    """Geometry. `ratio` = ball diameter / pitch diameter, `contact` = contact angle in radians."""

    balls: int
    ratio: float
    contact: float

    @property
    def ftf(self) -> float:
        """Cage order (inner ring turns, outer ring stands)."""
        return 0.5 * (1 - self.ratio * math.cos(self.contact))

    @property
    def bpfo(self) -> float:
        """Ball pass order of the outer ring."""
        return self.balls * self.ftf

    @property
    def bpfi(self) -> float:
        """Ball pass order of the inner ring."""
        return 0.5 * self.balls * (1 + self.ratio * math.cos(self.contact))

    @property
    def bsf(self) -> float:
        """Ball spin order; a defect on a ball strikes at twice this."""
        return (1 - (self.ratio * math.cos(self.contact)) ** 2) / (2 * self.ratio)


def draw_bearing(rng: np.random.Generator) -> Bearing:
    """A plausible bearing: 45 to 92 % of the balls that fit on the pitch circle, contact angle in 40 % of cases."""
    ratio = rng.uniform(0.15, 0.33)
    fits = math.pi / math.asin(ratio)
    balls = max(5, round(fits * rng.uniform(0.45, 0.92)))
    contact = math.radians(rng.uniform(0, 40)) if rng.random() < 0.4 else 0.0
    return Bearing(balls, ratio, contact)
