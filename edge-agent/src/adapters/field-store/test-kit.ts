import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Label } from "../../core/label.ts";
import type { FieldFrame } from "../../ports/field-store.ts";
import type { Logger } from "../../ports/logger.ts";

/** A small frame; `over` says what matters to the test. */
export const aFrame = (over: Partial<FieldFrame> & { readonly id: string }): FieldFrame => ({
  kind: "alarm",
  machine: "pump-1",
  sensor: "pump-1/de",
  unit: "m/s2",
  timeUs: 1_700_000_000_000_000,
  sampleRateHz: 12_000,
  shaftHz: 25,
  model: "listener 0.1.0",
  probability: 0.75,
  samples: Float32Array.from([1, -2, 3.5, 0]),
  healthyFrame: Float32Array.from([0.25, 0.5]),
  ...over,
});

export const aLabel = (frame: string, over: Partial<Label> = {}): Label => ({
  frame,
  verdict: "real",
  by: "ana",
  timeUs: 1_700_000_100_000_000,
  source: "operator",
  ...over,
});

/** A folder that is gone when the test is. */
export async function aFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "stethos-field-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Remembers what was logged. */
export function aLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const take = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const logger = {
    lines,
    debug: take("debug"),
    info: take("info"),
    warn: take("warn"),
    error: take("error"),
    child: () => logger,
  };
  return logger;
}
