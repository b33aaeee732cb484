import { createNoter, decoded } from "../../probes/note.ts";
import type { Visit } from "../../probes/probe.ts";
import type { Ear } from "./ear.ts";

/** An ear for a protocol whose answers tell by themselves what they answer.
 *  @param decode throws a WireError for frames that are something else
 *  @param note what `decode` made of a frame */
export function answerEar<T>(
  ear: Omit<Ear, "open">,
  decode: (frame: Buffer) => T,
  note: (visit: Visit, reply: T, frame: Buffer) => void,
): Ear {
  return {
    ...ear,
    open: (visit) => ({
      toClient(frame) {
        const reply = decoded(decode, frame);
        if (reply === undefined) return;
        createNoter(visit, ear.protocol, frame)("speaks", true, `it speaks ${ear.protocol}`);
        note(visit, reply, frame);
      },
    }),
  };
}
