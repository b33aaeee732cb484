import type { SpectrogramDto } from "@stethos/edge-agent/core";
import type { Api } from "../stream/api.ts";
import { ApiError } from "../stream/api-error.ts";
import type { Timers } from "../stream/timers.ts";
import { createLatest } from "./latest.ts";

/** A new picture is fetched at most this often: an eye sees no more, and the agent has better things to do. */
const REFRESH_MS = 3_000;

export type Picture =
  | { readonly kind: "absent" }
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly spectrogram: SpectrogramDto }
  | { readonly kind: "failed"; readonly error: unknown };

/** What one sensor hears now, and what it heard when the alarm was raised. */
export interface SpectrogramModel {
  watch(sensor: string | undefined, alarm: string | undefined): void;
  /** The sensor has delivered window number `sequence`. */
  heard(sequence: number): void;
  reload(): void;
  now(): Picture;
  /** undefined where no alarm is watched */
  alarm(): Picture | undefined;
  dispose(): void;
}

export interface SpectrogramModelDeps {
  readonly api: Pick<Api, "sensorSpectrogram" | "alarmSpectrogram">;
  readonly timers: Timers;
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

const isAbsent = (error: unknown): boolean => error instanceof ApiError && error.kind === "not-found";

export function createSpectrogramModel(deps: SpectrogramModelDeps): SpectrogramModel {
  const { api, timers, changed } = deps;
  const jobs = { now: createLatest(), alarm: createLatest() };
  let sensor: string | undefined;
  let alarm: string | undefined;
  let now: Picture = { kind: "absent" };
  let then: Picture | undefined;
  let lastSequence: number | undefined;
  let isBusy = false;
  let isDue = false;
  let cancelWait = (): void => {};

  const failure = (error: unknown): Picture => {
    if (isAbsent(error)) return { kind: "absent" };
    deps.failed(error);
    return { kind: "failed", error };
  };

  /** A waveform too short for a picture has no rows. */
  const pictureOf = (spectrogram: SpectrogramDto): Picture =>
    spectrogram.db.length === 0 ? { kind: "absent" } : { kind: "ready", spectrogram };

  /** The picture is here or is not to be had; the next may come after a pause. */
  const settle = (picture: Picture): void => {
    now = picture;
    changed();
    cancelWait = timers.after(REFRESH_MS, () => {
      isBusy = false;
      if (isDue) loadNow();
    });
  };

  function loadNow(): void {
    const wanted = sensor;
    if (wanted === undefined) return;
    isBusy = true;
    isDue = false;
    cancelWait();
    jobs.now.run((signal) => api.sensorSpectrogram(wanted, signal), {
      ready: (spectrogram) => settle(pictureOf(spectrogram)),
      failed: (error) => settle(failure(error)),
    });
  }

  const loadAlarm = (): void => {
    const wanted = alarm;
    if (wanted === undefined) return;
    then = { kind: "loading" };
    jobs.alarm.run((signal) => api.alarmSpectrogram(wanted, signal), {
      ready(spectrogram) {
        then = pictureOf(spectrogram);
        changed();
      },
      failed(error) {
        then = failure(error);
        changed();
      },
    });
  };

  const stop = (): void => {
    jobs.now.cancel();
    cancelWait();
    isBusy = false;
    isDue = false;
  };

  return {
    watch(nextSensor, nextAlarm) {
      if (nextSensor !== sensor) {
        stop();
        sensor = nextSensor;
        lastSequence = undefined;
        now = nextSensor === undefined ? { kind: "absent" } : { kind: "loading" };
        loadNow();
      }
      if (nextAlarm !== alarm) {
        jobs.alarm.cancel();
        alarm = nextAlarm;
        then = undefined;
        loadAlarm();
      }
      changed();
    },
    heard(sequence) {
      const isFirst = lastSequence === undefined;
      if (sequence === lastSequence) return;
      lastSequence = sequence;
      // The picture that was asked for on selecting the sensor already holds this window.
      if (isFirst && isBusy) return;
      isDue = true;
      if (!isBusy) loadNow();
    },
    reload() {
      stop();
      now = { kind: "loading" };
      loadNow();
      loadAlarm();
      changed();
    },
    now: () => now,
    alarm: () => then,
    dispose() {
      stop();
      jobs.alarm.cancel();
    },
  };
}
