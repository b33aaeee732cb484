import { Readable } from "node:stream";
import { z } from "zod";
import type { ReplayDto } from "../../../core/feed.ts";
import { rfc3339 } from "../../../core/time.ts";
import type { TwinSpan } from "../../../ports/twin-recording.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem } from "../problem.ts";
import { noQuery, refusals, timeParam } from "../requests.ts";
import { replay } from "../schemas.ts";

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;
const MOST_BYTES = 50 * 1024 * 1024;
const MOST_AT_ONCE = 4;
/** A screen that takes longer for so much is better off with a larger step. */
const ANSWER_MS = 60_000;

const framesQuery = z
  .strictObject({
    from: timeParam,
    to: timeParam,
    stepMs: z.coerce
      .number<string>()
      .pipe(
        z
          .int()
          .min(SECOND_MS / 10)
          .max(HOUR_MS),
      )
      .default(SECOND_MS)
      .describe("Changes of so long are merged"),
  })
  .refine(
    ({ from, to }) => to > from && (to - from) / 1000 <= DAY_MS,
    "to must be after from, by a day at most",
  );

export function replayRoutes(app: Api, { twinRecording, clock }: ApiContext): void {
  let running = 0;

  app.get(
    "/v1/replay",
    {
      config: { right: "look" },
      schema: {
        operationId: "getReplay",
        summary: "What of the twin can be replayed",
        querystring: noQuery,
        response: { 200: replay, ...refusals },
      },
    },
    async () => replayDto(twinRecording.spans()),
  );

  app.get(
    "/v1/replay/frames",
    {
      config: { right: "look" },
      exposeHeadRoute: false,
      schema: {
        operationId: "getReplayFrames",
        summary:
          "The twin's messages (core/twin-delta.ts) of a stretch of time, each after its length (u32): a snapshot at or " +
          "before from, then deltas. Ends after 50 MB: ask again from the last time on",
        querystring: framesQuery,
        response: {
          200: { content: { "application/octet-stream": { schema: z.string().meta({ format: "binary" }) } } },
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      if (running >= MOST_AT_ONCE)
        throw new HttpProblem("too-many-clients", "4 screens load a replay already; try again in a moment");
      const { from, to, stepMs } = request.query;
      const gone = new AbortController();
      // Not the stream's own end: that waits for the frame that is being read.
      reply.raw.once("close", () => gone.abort(new DOMException("the client has gone", "AbortError")));
      const deadline = clock.deadline(ANSWER_MS, gone.signal);
      const frames = twinRecording.frames({ fromMs: from / 1000, toMs: to / 1000, stepMs }, deadline.signal);
      const stream = Readable.from(withLengths(frames), { objectMode: false });
      running += 1;
      stream.once("close", () => {
        running -= 1;
        deadline.dispose();
      });
      return reply.type("application/octet-stream").send(stream as never);
    },
  );
}

function replayDto(spans: readonly TwinSpan[]): ReplayDto {
  const [first, last] = [spans[0], spans.at(-1)];
  return {
    ...(first && last && { fromTime: timeText(first.fromMs), toTime: timeText(last.toMs) }),
    spans: spans.map(({ fromMs, toMs, layoutHash }) => ({
      fromTime: timeText(fromMs),
      toTime: timeText(toMs),
      layoutHash,
    })),
  };
}

const timeText = (ms: number): string => rfc3339(ms * 1000);

async function* withLengths(frames: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const frame of frames) {
    bytes += 4 + frame.length;
    if (bytes > MOST_BYTES) return;
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frame.length);
    yield length;
    yield frame;
  }
}
