import type { Role } from "../core/model.ts";

/** What the flows count. A closed union: an adapter maps each kind in an exhaustive switch. */
export type TelemetryEvent =
  | { readonly kind: "readings"; readonly device: string; readonly count: number; readonly bad: number }
  | { readonly kind: "suppressed"; readonly device: string; readonly count: number }
  | { readonly kind: "link"; readonly device: string; readonly up: boolean }
  | { readonly kind: "overrun"; readonly device: string; readonly group: string; readonly missed: number }
  | { readonly kind: "waveform"; readonly device: string; readonly missed: number }
  | { readonly kind: "torn-block"; readonly device: string; readonly given: "up" | "reread" }
  | { readonly kind: "scored"; readonly frames: number; readonly latencyMs: number }
  /** One run of a model over some frames, in the role that it had; `model` is "name version". */
  | {
      readonly kind: "model-run";
      readonly model: string;
      readonly role: Role;
      readonly frames: number;
      readonly ms: number;
    }
  | { readonly kind: "model-failed"; readonly model: string; readonly role: Role; readonly frames: number }
  | { readonly kind: "dropped"; readonly queue: string; readonly count: number }
  | { readonly kind: "worker-restart"; readonly worker: "analyser" | "scorer" }
  | { readonly kind: "history-lost"; readonly count: number };

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
