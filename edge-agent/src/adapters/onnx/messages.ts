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
  /** What the session itself says of its inputs and outputs. */
  | { readonly kind: "ready"; readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "scores";
      readonly id: number;
      readonly logits: Float32Array;
      readonly embedding: Float32Array;
      readonly frame: Float32Array;
      readonly spectrum: Float32Array;
      /** Of the whole batch, without the wait for a core. */
      readonly runMs: number;
    }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };

/** An input or output; a size that is open has a name. */
export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

export interface WorkerSetup {
  readonly modelFile: string;
  readonly sampleRateHz: number;
  readonly windowSamples: number;
  readonly frameShape: readonly number[];
  readonly threads: number;
}
