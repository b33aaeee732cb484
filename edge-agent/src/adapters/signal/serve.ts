import type { MessagePort } from "node:worker_threads";
import { describeError } from "../../core/errors.ts";
import type { Work, WorkReply } from "./messages.ts";
import { createWorkbench } from "./workbench.ts";

/** Answers blocks that come through a port, windows before features, so that the model can start meanwhile. */
export function serve(port: MessagePort): void {
  const bench = createWorkbench();
  const reply = (message: WorkReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  port.on("message", ({ id, request }: Work) => {
    try {
      const prepared = bench.prepare(request);
      const arrays = [...prepared.windows, ...prepared.augmented.flat()];
      reply(
        { kind: "prepared", id, prepared },
        arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer),
      );
      reply({ kind: "features", id, features: bench.features(request, prepared) });
    } catch (thrown) {
      reply({ kind: "failed", id, message: describeError(thrown) });
    }
  });
}
