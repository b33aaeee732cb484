/** What goes to the scorer's worker. All arrays are transferred. */
export interface RunMessage {
  readonly id: number;
  readonly batch: number;
  readonly waveform: Float32Array<ArrayBuffer>;
  readonly shaftHz: Float32Array<ArrayBuffer>;
  readonly healthyFrame: Float32Array<ArrayBuffer>;
}

/** Asks the worker to end when the run at hand is over. */
export const END = "end";

export type WorkerReply =
  | { readonly kind: "ready"; readonly inputs: readonly string[]; readonly outputs: readonly string[] }
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "scores";
      readonly id: number;
      readonly logits: Float32Array;
      readonly embedding: Float32Array;
      readonly frame: Float32Array;
      readonly spectrum: Float32Array;
    }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

export interface WorkerSetup {
  readonly modelFile: string;
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  readonly frameShape: readonly number[];
  readonly threads: number;
}
