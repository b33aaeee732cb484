import type { Role } from "../core/model.ts";
import type { DropCause, Stream } from "../core/outbox/outbound.ts";
import type { SinkFault } from "./sink.ts";

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
  | { readonly kind: "history-lost"; readonly count: number }
  /** One group commit; `ms` of the worker. */
  | { readonly kind: "outbox-committed"; readonly rows: number; readonly bytes: number; readonly ms: number }
  | {
      readonly kind: "outbox-dropped";
      readonly stream: Stream;
      readonly cause: DropCause;
      readonly rows: number;
    }
  | { readonly kind: "outbox-quarantined" }
  /** One delivery that a sink confirmed; `delayMs` from the oldest commit in it to the confirmation. */
  | {
      readonly kind: "sink-delivered";
      readonly sink: string;
      readonly stream: Stream;
      readonly rows: number;
      readonly ms: number;
      readonly delayMs: number;
    }
  | { readonly kind: "sink-failed"; readonly sink: string; readonly fault: SinkFault }
  | { readonly kind: "sink-refused"; readonly sink: string; readonly stream: Stream; readonly rows: number }
  | { readonly kind: "rules-evaluated"; readonly count: number; readonly fired: number; readonly ms: number }
  | { readonly kind: "rule-failed"; readonly rule: string }
  /** A file of rules that was saved while the agent runs. */
  | { readonly kind: "rules-read"; readonly isTaken: boolean }
  /** One attempt to tell the fleet how the models are. */
  | { readonly kind: "fleet-report"; readonly isSent: boolean };

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
