import type { Features } from "../../core/score.ts";
import type { AnalysisRequest, PreparedBlock } from "../../ports/analyser.ts";

/** A block for the worker, which works on one at a time, in order. */
export interface Work {
  readonly id: number;
  readonly request: AnalysisRequest;
}

/** What the worker says of it: the windows, then the features; or that it failed, as it would again. */
export type WorkReply =
  | { readonly kind: "prepared"; readonly id: number; readonly prepared: PreparedBlock }
  | { readonly kind: "features"; readonly id: number; readonly features: Features | undefined }
  | { readonly kind: "failed"; readonly id: number; readonly message: string };
