import type { Clock } from "@stethos/protocol-finger/clock";
import { EdgeError } from "../core/errors.ts";
import { StatusCode } from "../core/quality.ts";
import type { DriverEvent, PolledSession, ScanPlan, WaveformSource } from "../ports/driver.ts";

/** Reads waveform blocks whole: the device counts its blocks, and a block counts only when the count was the same
 *  before and after it was read. */
export interface WaveformReader {
  /** Nothing when the device has no new block. Rejects when the connection is lost. */
  read(session: PolledSession, waveform: number, signal: AbortSignal): AsyncIterable<DriverEvent>;
}

// A device that rewrites its block faster than it can be read never holds still: then the period is wrong.
const ATTEMPTS = 3;

export function createWaveformReader(plan: ScanPlan, clock: Clock): WaveformReader {
  const last = new Map<number, number>();

  function missedSince(waveform: number, sequence: number): number {
    const previous = last.get(waveform);
    // A count that runs backwards is a device that started again, not a loss.
    return previous === undefined || sequence <= previous ? 0 : sequence - previous - 1;
  }

  async function* readWhole(
    session: PolledSession,
    waveform: number,
    source: WaveformSource,
    signal: AbortSignal,
  ): AsyncGenerator<DriverEvent> {
    let before = await session.readSequence(waveform, signal);
    if (before === last.get(waveform)) return;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const samples = await session.readBlock(waveform, signal);
      const readAtUs = clock.nowUs();
      const after = await session.readSequence(waveform, signal);
      if (after === before) {
        const missed = missedSince(waveform, after);
        last.set(waveform, after);
        const firstSampleTimeUs = readAtUs - (samples.length / source.sampleRateHz) * 1e6;
        yield {
          kind: "waveform",
          waveform: {
            tag: waveform,
            sampleRateHz: source.sampleRateHz,
            firstSampleTimeUs,
            sequence: after,
            missed,
            status: StatusCode.Good,
            samples,
          },
        };
        return;
      }
      before = after;
      yield { kind: "torn-block", waveform, given: attempt < ATTEMPTS ? "reread" : "up" };
    }
  }

  return {
    async *read(session, waveform, signal) {
      const source = plan.waveforms[waveform];
      if (source === undefined) return;
      try {
        yield* readWhole(session, waveform, source, signal);
      } catch (thrown) {
        if (!(thrown instanceof EdgeError) || thrown.code !== "DATA_INVALID") throw thrown;
        yield { kind: "waveform", waveform: refused(waveform, source, clock.nowUs()) };
      }
    },
  };
}

/** The device is there but will not give this block. */
function refused(tag: number, source: WaveformSource, nowUs: number) {
  return {
    tag,
    sampleRateHz: source.sampleRateHz,
    firstSampleTimeUs: nowUs,
    sequence: 0,
    missed: 0,
    status: StatusCode.BadConfigurationError,
    samples: new Float32Array(0),
  };
}
