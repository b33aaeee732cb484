import type { SpectrogramDto } from "../../core/feed.ts";
import type { CreateFft } from "../../core/fft.ts";
import { spectrogram } from "../../core/spectrogram.ts";
import { rfc3339 } from "../../core/time.ts";
import type { Waveform } from "../../core/waveform.ts";

export function spectrogramDto(
  sensor: string,
  block: Pick<Waveform, "firstSampleTimeUs" | "sampleRateHz" | "samples">,
  createFft: CreateFft,
): SpectrogramDto {
  const { db, ...rest } = spectrogram(block.samples, block.sampleRateHz, createFft);
  return {
    sensor,
    firstSampleTime: rfc3339(block.firstSampleTimeUs),
    ...rest,
    // A tenth of a decibel is finer than any colour scale.
    db: Array.from(db, (level) => Math.round(level * 10) / 10),
  };
}
