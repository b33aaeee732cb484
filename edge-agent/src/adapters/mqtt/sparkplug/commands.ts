import { fromBinary } from "@bufbuild/protobuf";
import { describeError } from "../../../core/errors.ts";
import type { Logger } from "../../../ports/logger.ts";
import { REBIRTH } from "./payload.ts";
import { type Payload_Metric, PayloadSchema } from "./sparkplug-b-pb.ts";

/** So many names of refused metrics go into a log line. */
const MOST_NAMES = 10;

/** Reads a command of a host. There is one that is obeyed, the request for a rebirth: this product writes to no machine.
 *  @returns whether it asks for a rebirth */
export function readCommand(topic: string, payload: Uint8Array, logger: Logger): boolean {
  let metrics: readonly Payload_Metric[];
  try {
    metrics = fromBinary(PayloadSchema, payload).metrics;
  } catch (thrown) {
    logger.warn({ topic, error: describeError(thrown) }, "got a Sparkplug command that is none");
    return false;
  }
  const isNode = topic.split("/")[2] === "NCMD";
  const refused = metrics.filter((metric) => !(isNode && metric.name === REBIRTH));
  if (refused.length > 0) {
    const names = refused
      .slice(0, MOST_NAMES)
      .map(({ name, alias }) => (name === "" ? `alias ${alias}` : name));
    logger.warn(
      { topic, metrics: names, count: refused.length },
      "refused a Sparkplug command: nothing is written",
    );
  }
  return metrics.some((metric) => isNode && metric.name === REBIRTH && metric.value.value === true);
}
