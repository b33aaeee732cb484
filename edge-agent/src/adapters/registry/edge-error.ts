import { ModelError, type ModelErrorCode } from "@stethos/models";
import { EdgeError, type EdgeErrorCode } from "../../core/errors.ts";

/** Does the work; what goes wrong with a model or a registry becomes the agent's own error, code and text the same. */
export async function asEdgeError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    throw new EdgeError(codeOf(thrown.code), thrown.message, { cause: thrown.cause });
  }
}

/** What was asked wrongly was configured wrongly: the agent has no other way to ask. */
const codeOf = (code: ModelErrorCode): EdgeErrorCode => (code === "USAGE" ? "CONFIG_INVALID" : code);
