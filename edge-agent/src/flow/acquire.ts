import type { Diagnosis, Fingerprint } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import { diagnosisText, nameOf } from "@stethos/protocol-finger/diagnosis";
import { describeError } from "../core/errors.ts";
import { isUsable } from "../core/quality.ts";
import type { ReadingBatch } from "../core/reading.ts";
import type { Waveform } from "../core/waveform.ts";
import type { DeviceNews, Driver, DriverEvent, ScanPlan } from "../ports/driver.ts";
import type { Logger } from "../ports/logger.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { createNormaliser, type Normaliser } from "./normalise.ts";

export interface AcquireDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  onReadings(batch: ReadingBatch): void;
  /** `tag` indexes the agent's waveform tags; samples are in engineering units. */
  onWaveform(waveform: Waveform): void;
  /** The link, and what else is found out about the device itself. */
  onDevice(device: string, news: DeviceNews): void;
}

/** One device, and where its tags and waveforms stand in the agent's tables. */
export interface AcquiredDevice {
  readonly plan: ScanPlan;
  readonly driver: Driver;
  readonly tagPlaces: Uint32Array;
  readonly waveformPlaces: Uint32Array;
}

/** Reads one device until the signal aborts. What the device does is data; it never ends the loop. */
export async function acquire(device: AcquiredDevice, deps: AcquireDeps, signal: AbortSignal): Promise<void> {
  const { plan } = device;
  const normaliser = createNormaliser(plan.tags, device.tagPlaces);
  const handle = createHandler(device, normaliser, deps);
  for await (const event of device.driver.events(signal)) {
    try {
      handle(event);
    } catch (thrown) {
      // A fault in what follows the driver must not cost the connection.
      deps.logger.error({ device: plan.device, err: describeError(thrown) }, "an event could not be handled");
    }
  }
}

function createHandler(device: AcquiredDevice, normaliser: Normaliser, deps: AcquireDeps) {
  const { plan } = device;
  const name = plan.device;
  return (event: DriverEvent): void => {
    switch (event.kind) {
      case "batch": {
        const batch = normaliser.normalise(event.batch, deps.clock.nowUs());
        const kept = batch?.count ?? 0;
        if (kept < event.batch.count) {
          deps.telemetry.emit({ kind: "suppressed", device: name, count: event.batch.count - kept });
        }
        if (batch === undefined) return;
        deps.telemetry.emit({ kind: "readings", device: name, count: kept, bad: countBad(batch) });
        deps.onReadings(event.protocol === undefined ? batch : { ...batch, protocol: event.protocol });
        return;
      }
      case "waveform":
        deps.telemetry.emit({ kind: "waveform", device: name, missed: event.waveform.missed });
        deps.onWaveform(scaled(device, event.waveform));
        return;
      case "link":
        deps.telemetry.emit({ kind: "link", device: name, up: event.up });
        if (event.up) deps.logger.info({ device: name }, "connected");
        else
          deps.logger.warn(
            { device: name, reason: event.reason, ...causeOf(event.diagnosis) },
            "not connected; its tags are bad until it is back",
          );
        deps.onDevice(name, event);
        return;
      case "diagnosis":
        if (event.diagnosis === undefined) deps.logger.info({ device: name }, "healed");
        else deps.logger.warn({ device: name, ...causeOf(event.diagnosis) }, "something is wrong");
        deps.onDevice(name, event);
        return;
      case "identified":
        deps.logger.info({ device: name, ...verdictOf(event.fingerprint) }, "identified");
        deps.onDevice(name, event);
        return;
      case "profile": {
        const { mode, port, why } = event.profile;
        deps.logger.info({ device: name, profile: mode, port, why }, "profile chosen");
        deps.onDevice(name, event);
        return;
      }
      case "learnt":
        deps.logger.debug({ device: name, ...event.limits }, "limits learnt");
        return;
      case "overrun":
        deps.telemetry.emit({ kind: "overrun", device: name, group: event.group, missed: event.missed });
        return;
      case "torn-block":
        deps.telemetry.emit({ kind: "torn-block", device: name, given: event.given });
        return;
      default:
        event satisfies never;
    }
  };
}

const causeOf = (diagnosis: Diagnosis | undefined) =>
  diagnosis && { ...diagnosis, advice: diagnosisText(diagnosis.code, "en").advice };

// The weightiest evidence; all of it is in the API and in `protocol-finger explain`.
const EVIDENCE_LOGGED = 5;

function verdictOf(fingerprint: Fingerprint) {
  const { confidence, evidence, spent } = fingerprint;
  return {
    verdict: nameOf(fingerprint),
    confidence,
    evidence: evidence.slice(0, EVIDENCE_LOGGED).map(({ observed }) => observed),
    ...spent,
  };
}

function countBad(batch: ReadingBatch): number {
  let bad = 0;
  for (let i = 0; i < batch.count; i += 1) if (!isUsable(batch.status[i] ?? 0)) bad += 1;
  return bad;
}

/** In the tag's unit, in place: the driver gave the samples away. */
function scaled(device: AcquiredDevice, waveform: Waveform): Waveform {
  const tag = device.plan.waveforms[waveform.tag];
  const scale = tag?.scale ?? 1;
  const offset = tag?.offset ?? 0;
  if (scale !== 1 || offset !== 0) {
    const { samples } = waveform;
    for (let i = 0; i < samples.length; i += 1) samples[i] = (samples[i] ?? 0) * scale + offset;
  }
  return { ...waveform, tag: device.waveformPlaces[waveform.tag] ?? 0 };
}
