import type { Shape } from "../scene/merge.ts";
import type { Ask } from "../stream/ask.ts";
import { MODEL_LIMITS, modelShape, tooLarge } from "./model-shape.ts";
import type { Vector } from "./transform.ts";

/** The bytes, or how many they are where they are more than a model may have. */
async function bytesOf(response: Response): Promise<Uint8Array | number> {
  const told = Number(response.headers.get("content-length") ?? 0);
  if (told <= MODEL_LIMITS.bytes) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  return told;
}

/** Fetches and reads the model of a template.
 *  @throws ModelError, or ApiError where it did not come */
export async function loadModel(ask: Ask, file: string, size: Vector, signal: AbortSignal): Promise<Shape> {
  const bytes = await ask(`v1/layout/models/${encodeURIComponent(file)}`, {}, bytesOf, signal);
  if (typeof bytes === "number") throw tooLarge(bytes);
  return modelShape(bytes, size);
}
