"""The frame: what the network sees of one waveform, written so that it exports into the ONNX graph.

Two pictures of 32 rows x 128 columns per window of 8192 samples at 12 kHz:

S  log spectrogram. Hann 128, hop 64, 32 bands of 187.5 Hz, level removed. Rows: carrier band, columns: time.
E  squared-envelope order spectrum of 15 bands (each written on two rows), plus the order spectrum of the
   waveform itself (two rows). Rows: carrier band, columns: orders 0.1 .. 12.8 of the shaft in steps of 0.1.

A band's squared envelope is divided by its own mean, so E knows neither gain nor resonance: it is the classic
squared envelope spectrum (Antoni, "Cyclic spectral analysis of rolling-element bearing signals", JSV 304, 2007;
Randall & Antoni, "Rolling element bearing diagnostics - a tutorial", MSSP 25, 2011), taken per band.

Everything is convolution, matrix product and elementwise arithmetic: no loop, no FFT operator, no branch. The
order spectrum needs a Fourier sum at frequencies known only at run time; it is factored (t = 32 i + j) so
that a [32 x 256] and an elementwise rotation replace a [1024 x 256] matrix of sines per window.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .contract import BANDS, COLUMNS, E_BANDS, E_HOP, E_TAPS, FLOOR, LIMIT, ORDER_STEP, S_HOP, S_TAPS, TAPER_TURNS, TAPERS, UNKNOWN_SHAFT_HZ, WINDOW_SAMPLES

E_SAMPLES = WINDOW_SAMPLES // E_HOP  # 1024
BLOCK = 32  # factor of the Fourier sum: 1024 = 32 blocks x 32 samples


def hann(taps: int) -> Tensor:
    """Periodic Hann window, float64 [taps]."""
    return 0.5 - 0.5 * torch.cos(2 * math.pi * torch.arange(taps, dtype=torch.float64) / taps)


def fourier_kernels(bins: Tensor, taps: int) -> Tensor:
    """Windowed cosine rows, then windowed sine rows: float32 [2 * bins, 1, taps]."""
    phase = 2 * math.pi * bins[:, None] * torch.arange(taps, dtype=torch.float64)[None, :] / taps
    rows = torch.cat([torch.cos(phase), torch.sin(phase)]) * hann(taps)
    return rows.unsqueeze(1).float()


class Frame(nn.Module):
    """waveform [batch, 1, 8192], sample rate [batch], shaft speed [batch] -> frame [batch, 2, 32, 128], spectrum [batch, 32]."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("s_kernels", fourier_kernels(torch.arange(0.5, 64.0, dtype=torch.float64), S_TAPS))
        self.register_buffer("s_pool", band_pool())
        envelope = fourier_kernels(torch.arange(1.0, E_BANDS + 1, dtype=torch.float64), E_TAPS)
        low_pass = (hann(E_TAPS) / hann(E_TAPS).sum()).float().reshape(1, 1, E_TAPS)
        self.register_buffer("e_kernels", torch.cat([envelope, low_pass]))
        self.register_buffer("e_rows", torch.tensor([row // 2 for row in range(BANDS)]))
        self.register_buffer("orders", (torch.arange(1, COLUMNS + 1) * ORDER_STEP).float().reshape(1, 1, COLUMNS))
        self.register_buffer("fine", torch.arange(BLOCK).float().reshape(1, BLOCK, 1))
        self.register_buffer("coarse", (torch.arange(E_SAMPLES // BLOCK) * BLOCK).float().reshape(1, -1, 1))
        self.register_buffer("positions", torch.arange(E_SAMPLES).float().reshape(1, 1, E_SAMPLES) + 0.5)
        self.register_buffer("tapers", torch.arange(TAPERS).float().reshape(1, TAPERS, 1) / (TAPERS - 1))

    def forward(self, waveform: Tensor, sample_rate_hz: Tensor, shaft_hz: Tensor) -> tuple[Tensor, Tensor]:
        wave = unit_wave(waveform)
        spectrogram, spectrum = self.spectrogram(wave)
        orders = self.order_spectrum(wave, sample_rate_hz, shaft_hz)
        return torch.stack([spectrogram, orders], dim=1), spectrum

    def spectrogram(self, wave: Tensor) -> tuple[Tensor, Tensor]:
        """wave [batch, 1, 8192] -> log spectrogram [batch, 32, 128], mean log spectrum [batch, 32]."""
        parts = nn.functional.conv1d(wave, self.s_kernels, stride=S_HOP, padding=S_HOP // 2)
        power = torch.matmul(self.s_pool, parts * parts)
        mean = power.mean(dim=(1, 2), keepdim=True)
        level = torch.log(power + (FLOOR * mean + 1e-12))
        spectrum = level.mean(dim=2)
        offset = spectrum.mean(dim=1, keepdim=True)
        spectrogram = ((level - offset.unsqueeze(2)) * 0.5).clamp(-LIMIT, LIMIT)
        return spectrogram, spectrum - offset

    def order_spectrum(self, wave: Tensor, sample_rate_hz: Tensor, shaft_hz: Tensor) -> Tensor:
        """wave [batch, 1, 8192] -> log10 spectral density of 15 squared envelopes and the wave itself [batch, 32, 128]."""
        parts = nn.functional.conv1d(wave, self.e_kernels, stride=E_HOP, padding=(E_TAPS - E_HOP) // 2)
        squared = parts[:, : 2 * E_BANDS] ** 2
        envelope = squared[:, :E_BANDS] + squared[:, E_BANDS:]
        mean = envelope.mean(dim=2, keepdim=True)
        envelope = (envelope - mean) / (mean + 1e-12)
        raw = parts[:, 2 * E_BANDS :] * torch.rsqrt((wave * wave).mean(dim=2, keepdim=True) + 1e-12)
        signals = torch.cat([envelope, raw], dim=1)  # [batch, 16, 1024]

        shaft = torch.where(shaft_hz > 0, shaft_hz, torch.full_like(shaft_hz, UNKNOWN_SHAFT_HZ)).reshape(-1, 1, 1)
        turns_per_sample = shaft * E_HOP / sample_rate_hz.reshape(-1, 1, 1)
        length = torch.clamp(TAPER_TURNS / turns_per_sample, max=float(E_SAMPLES))
        taper = self.taper(length)  # [batch, tapers, 1024]
        density = self.density(signals, taper, turns_per_sample)
        picture = (torch.log10(density + 1e-2) * 1.5).clamp(-LIMIT, LIMIT)
        return picture.index_select(1, self.e_rows)

    def taper(self, length: Tensor) -> Tensor:
        """Hann tapers of `length` samples [batch, 1, 1], spread over the window, unit energy: [batch, tapers, 1024]."""
        start = self.tapers * (E_SAMPLES - length)
        place = ((self.positions - start) / length).clamp(0.0, 1.0)
        shape = 0.5 - 0.5 * torch.cos(2 * math.pi * place)
        return shape * torch.rsqrt((shape * shape).sum(dim=2, keepdim=True))

    def density(self, signals: Tensor, taper: Tensor, turns_per_sample: Tensor) -> Tensor:
        """Mean over tapers of |Fourier sum|^2 at the 128 orders: signals [batch, 16, 1024] -> [batch, 16, 128]."""
        cycles = turns_per_sample * self.orders  # per sample [batch, 1, 128]
        fine = torch.cat(rotation(self.fine * cycles), dim=2)  # cos | sin [batch, 32, 256]
        cos, sin = rotation(self.coarse * cycles)
        turn_real = torch.cat([cos, -sin], dim=2).unsqueeze(1)  # cos(a + b) = cos a cos b - sin a sin b
        turn_imaginary = torch.cat([sin, cos], dim=2).unsqueeze(1)
        rows = (signals.unsqueeze(1) * taper.unsqueeze(2)).reshape(-1, TAPERS * (E_BANDS + 1) * BLOCK, BLOCK)
        inner = torch.matmul(rows, fine).reshape(-1, TAPERS * (E_BANDS + 1), BLOCK, 2 * COLUMNS)
        real = (inner * turn_real).sum(dim=2).reshape(-1, TAPERS * (E_BANDS + 1), 2, COLUMNS).sum(dim=2)
        imaginary = (inner * turn_imaginary).sum(dim=2).reshape(-1, TAPERS * (E_BANDS + 1), 2, COLUMNS).sum(dim=2)
        power = (real * real + imaginary * imaginary).reshape(-1, TAPERS, E_BANDS + 1, COLUMNS)
        return power.mean(dim=1)


def band_pool() -> Tensor:
    """Sum of two neighbouring bins, cosine and sine: float32 [32, 128]."""
    bins = S_TAPS // 2
    pool = torch.zeros(BANDS, 2 * bins)
    for bin_ in range(bins):
        pool[bin_ // 2, bin_] = 1.0
        pool[bin_ // 2, bins + bin_] = 1.0
    return pool / S_TAPS


def unit_wave(waveform: Tensor) -> Tensor:
    """Remove the mean and scale to a peak of one; silence stays zero. The scale is why nothing below knows the gain."""
    mean = waveform.mean(dim=2, keepdim=True)
    centred = waveform - mean
    # a constant leaves only rounding noise of its own size after the mean is removed: keep that small
    return centred / (centred.abs().amax(dim=2, keepdim=True) + 1e-6 * mean.abs() + 1e-30)


def rotation(cycles: Tensor) -> tuple[Tensor, Tensor]:
    """cos and sin of 2 pi cycles; whole turns are taken off first, so float32 keeps its digits."""
    phase = (cycles - torch.round(cycles)) * (2 * math.pi)
    return torch.cos(phase), torch.sin(phase)


def channels(frame: Tensor, healthy_frame: Tensor) -> Tensor:
    """S, E, dS, dE: [batch, 4, 32, 128].

    dS is the spectrogram minus the healthy mean spectrum, dE the order spectrum minus the healthy one, both spread
    to about unit deviation. An all-zero healthy frame means "no baseline yet": both differences are zero then.
    """
    known = (healthy_frame.abs().amax(dim=(1, 2, 3), keepdim=True) > 0).to(frame.dtype)
    spectrum = healthy_frame[:, :1].mean(dim=3, keepdim=True)
    d_s = (frame[:, :1] - spectrum) * (1.6 * known)
    d_e = (frame[:, 1:] - healthy_frame[:, 1:]) * (1.0 * known)
    return torch.cat([frame, torch.cat([d_s, d_e], dim=1).clamp(-LIMIT, LIMIT)], dim=1)
