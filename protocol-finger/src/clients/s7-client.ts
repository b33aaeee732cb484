import type { Clock } from "../clock/clock.ts";
import { FingerError } from "../finger-error.ts";
import { isAnswerError, s7Refusal } from "../s7/refusal.ts";
import { joinAnswer } from "../wire/cotp.ts";
import { answerNumber, decodeS7Header } from "../wire/s7-header.ts";
import {
  numberReadJob,
  type ReadJob,
  type RefusedItem,
  type S7Range,
  takeReadAnswer,
} from "../wire/s7-read.ts";
import type { S7Setup } from "../wire/s7-setup.ts";
import { createSzlJoin } from "../wire/s7-szl-join.ts";
import type { SzlList } from "../wire/s7-szl-list.ts";
import { decodeWriteReply, encodeWriteRequest, type S7WritePlace } from "../wire/s7-write.ts";
import { WireError } from "../wire/wire-error.ts";
import { connectTo } from "./connect.ts";
import { explainJob } from "./s7-failures.ts";
import { greetIso, greetS7 } from "./s7-greet.ts";
import { createS7Link, type S7Link } from "./s7-link.ts";
import { planRanges, type RangePiece, type S7RangeResult } from "./s7-ranges.ts";

export interface S7ClientOptions {
  readonly host: string;
  readonly port: number;
  readonly localTsap: number;
  readonly remoteTsap: number;
  /** To ask for; the controller may grant less. */
  readonly pduSize: number;
  /** To ask for; the client itself has one at a time. */
  readonly jobsInFlight: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly minGapMs: number;
  /** Most bytes to ask for in one request. */
  readonly maxReadBytes: number;
}

/** A client that reads a controller, one request at a time. It can write one place, and does so for the tunnel alone, where
 *  the tunnel's operator has allowed that place. */
export interface S7Client {
  /** As granted. */
  readonly pduSize: number;
  readonly jobsInFlight: number;
  /** The bytes of each range, in as few requests as they fit.
   *  @throws FingerError PLC_REFUSED where the controller refuses to read at all (PUT/GET, protection, length): the
   *  connection is still good; PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED: it is not; each with its diagnosis */
  read(ranges: readonly S7Range[], signal: AbortSignal): Promise<readonly S7RangeResult[]>;
  /** A system status list, its parts joined.
   *  @throws as `read`; PLC_REFUSED where the controller does not have it */
  readSzl(id: number, index: number, signal: AbortSignal): Promise<SzlList>;
  /** @returns the return code of the controller: 0xff where it was written, else of the item or of the whole answer
   *  @throws as `read`, but for PLC_REFUSED */
  write(place: S7WritePlace, bytes: Buffer, signal: AbortSignal): Promise<number>;
  /** FIN, and wait for the other side's, half a second at most. Never throws. */
  close(): Promise<void>;
}

const LAST_NUMBER = 0xffff;
const LEAST_READ_BYTES = 8;

/** @throws FingerError PLC_UNREACHABLE, PLC_REFUSED, PLC_TIMEOUT with its diagnosis; the signal's reason */
export async function openS7(
  options: S7ClientOptions,
  { clock }: { readonly clock: Clock },
  signal: AbortSignal,
): Promise<S7Client> {
  const where = `${options.host}:${options.port}`;
  const socket = await connectTo(options, "the S7 server", clock, signal);
  const link = createS7Link(socket, { where, minGapMs: options.minGapMs }, clock);
  try {
    await greetIso(link, options, where, signal);
    const granted = await greetS7(link, options, where, signal);
    return createClient(link, options, granted, where);
  } catch (thrown) {
    await link.close();
    throw thrown;
  }
}

function createClient(
  link: S7Link,
  { requestTimeoutMs, maxReadBytes }: S7ClientOptions,
  granted: S7Setup,
  where: string,
): S7Client {
  const { pduSize } = granted;
  const explain = explainJob(where);
  let number = 0;
  let mostBytes = maxReadBytes;

  /** One request, and what `decode` makes of the PDU that answers it. */
  function exchange<T>(
    packet: (number: number) => Buffer,
    decode: (pdu: Buffer) => T,
    signal: AbortSignal,
  ): Promise<T> {
    let mine = 0;
    return link.ask(
      {
        packet() {
          number = number === LAST_NUMBER ? 1 : number + 1;
          mine = number;
          return packet(mine);
        },
        take(answer) {
          const pdu = joinAnswer(answer);
          checkNumber(pdu, mine);
          return decode(pdu);
        },
        timeoutMs: requestTimeoutMs,
        explain,
      },
      signal,
    );
  }

  /** @returns the pieces that were refused */
  function readJob(
    job: ReadJob<RangePiece>,
    image: Buffer,
    signal: AbortSignal,
  ): Promise<RefusedItem<RangePiece>[]> {
    return exchange(
      (its) => {
        numberReadJob(job, its);
        return job.bytes;
      },
      (pdu) => {
        const refused: RefusedItem<RangePiece>[] = [];
        answerNumber(pdu);
        takeReadAnswer(pdu, job, image, refused);
        return refused;
      },
      signal,
    );
  }

  async function read(ranges: readonly S7Range[], signal: AbortSignal): Promise<readonly S7RangeResult[]> {
    const plan = planRanges(ranges, { pduSize, maxReadBytes: mostBytes });
    const refused: RefusedItem<RangePiece>[] = [];
    for (const job of plan.jobs) {
      const news = await readJob(job, plan.image, signal);
      const whole = news.find(({ code }) => isAnswerError(code));
      if (whole !== undefined) {
        const asked = job.items.reduce((bytes, { length }) => bytes + length, 0);
        if (!canHalve(whole.code, asked)) throw refusedBy(where, "a read", whole.code);
        return read(ranges, signal);
      }
      refused.push(...news);
    }
    return plan.results(refused);
  }

  /** True where asking for half as much at once may help; it will be asked for so from now on. */
  function canHalve(code: number, asked: number): boolean {
    const half = Math.floor(Math.min(asked, mostBytes) / 2);
    if (s7Refusal(code).blames !== "length" || half < LEAST_READ_BYTES) return false;
    mostBytes = half;
    return true;
  }

  async function readSzl(id: number, index: number, signal: AbortSignal): Promise<SzlList> {
    const join = createSzlJoin(id, index);
    for (;;) {
      const progress = await exchange(join.request, join.take, signal);
      if (progress.kind === "whole") return progress.list;
      if (progress.kind === "refused") {
        throw refusedBy(where, `list 0x${id.toString(16).padStart(4, "0")}`, progress.error);
      }
    }
  }

  return {
    pduSize,
    jobsInFlight: Math.max(1, granted.amqCalled),
    read,
    readSzl,
    write: (place, bytes, signal) =>
      exchange((its) => encodeWriteRequest(its, place, bytes), decodeWriteReply, signal),
    close: () => link.close(),
  };
}

/** @throws WireError where `pdu` answers another request */
function checkNumber(pdu: Buffer, number: number): void {
  const found = decodeS7Header(pdu).number;
  if (found !== number) throw new WireError(4, `request ${number} was sent and ${found} is answered`);
}

function refusedBy(where: string, what: string, code: number): FingerError {
  const { reason, diagnosis } = s7Refusal(code);
  const number = code.toString(16).toUpperCase().padStart(4, "0");
  return new FingerError("PLC_REFUSED", `${where} refuses ${what} (0x${number}): ${reason}`, {
    ...(diagnosis !== undefined && { diagnosis }),
  });
}
