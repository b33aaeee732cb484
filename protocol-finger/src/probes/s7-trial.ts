import { isAnswerError, s7Refusal } from "../s7/refusal.ts";
import { answerNumber } from "../wire/s7-header.ts";
import { buildReadJob, numberReadJob, type RefusedItem, takeReadAnswer } from "../wire/s7-read.ts";
import { createNoter, decoded } from "./note.ts";
import type { Visit } from "./probe.ts";
import { byteText, codeText } from "./s7-note.ts";
import { pduOf, type S7Talk } from "./s7-talk.ts";

/** Reads one byte of bit memory, which every CPU has: tells whether reading is allowed at all. */
export async function tryRead(visit: Visit, talk: S7Talk): Promise<void> {
  const job = buildReadJob([{ area: "M", db: 0, start: 0, length: 1, image: 0 }]);
  numberReadJob(job, talk.nextNumber());
  const said = await talk.ask(job.bytes);
  const pdu = pduOf(said);
  const refused = pdu === undefined ? undefined : decoded(refusedOf, pdu);
  if (refused === undefined) return;
  const note = createNoter(visit, "s7", said.bytes);
  const [first] = refused;
  note("readable", first === undefined, first === undefined ? "MB0 can be read" : "MB0 cannot be read");
  if (first === undefined) return;
  const { reason } = s7Refusal(first.code);
  const code = isAnswerError(first.code) ? codeText(first.code) : `0x${byteText(first.code)}`;
  note("readRefused", first.code, `refuses to read MB0: ${reason} (${code})`);

  function refusedOf(bytes: Buffer): RefusedItem[] {
    const items: RefusedItem[] = [];
    answerNumber(bytes);
    takeReadAnswer(bytes, job, Buffer.alloc(1), items);
    return items;
  }
}
