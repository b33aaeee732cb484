import type { Clock } from "@stethos/protocol-finger/clock";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { parseRfc3339 } from "../../core/time.ts";
import { ONE_LINE, personName } from "./schema-parts.ts";
import { problem } from "./schemas.ts";

const MOST_ID_LENGTH = 512;

/** An id in the path; its "/" are written %2F. */
export const idParams = z.strictObject({
  id: z.string().min(1).max(MOST_ID_LENGTH).describe("Percent-encoded, / as %2F"),
});

/** No parameters at all: whatever is given is a mistake. */
export const noQuery = z.strictObject({});

export const timeParam = z
  .string()
  .transform((text, context) => {
    // A "+" of an offset that was not written %2B arrives as a space.
    const us = parseRfc3339(text.replace(/ (\d\d:\d\d)$/, "+$1"));
    if (us !== undefined) return us;
    context.addIssue("must be an RFC 3339 time such as 2026-11-22T08:15:30Z");
    return z.NEVER;
  })
  .meta({ format: "date-time" });

export const countParam = (most: number, usual: number) =>
  z.coerce.number<string>().int().min(1).max(most).default(usual);

const MOST_ON_A_PAGE = 10_000;
const USUAL_PAGE = 1000;

/** Where a long list goes on: Link: <...>; rel="next" (RFC 8288). */
export const pageQuery = z.strictObject({
  most: countParam(MOST_ON_A_PAGE, USUAL_PAGE).describe("Items of one page"),
  after: z.string().min(1).max(MOST_ID_LENGTH).optional().describe("Id of the last item of the page before"),
});

type PageQuery = z.output<typeof pageQuery>;

/** One page of a list; says in the header where the next begins. An id that is gone begins at the start. */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  { most, after }: PageQuery,
  request: FastifyRequest,
  reply: Pick<FastifyReply, "header">,
): readonly T[] {
  const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const page = items.slice(start, start + most);
  const last = page.at(-1);
  if (last !== undefined && start + most < items.length) {
    const [path = ""] = request.url.split("?", 1);
    const query = new URLSearchParams({ most: String(most), after: last.id });
    reply.header("link", `<${path}?${query}>; rel="next"`);
  }
  return page;
}

const refusal = { content: { "application/problem+json": { schema: problem } } };

/** Beside a route's own answer: the refusals that any route may give. */
export const refusals = {
  "4xx": { description: "Refused", ...refusal },
  "5xx": { description: "Failed", ...refusal },
} as const;

/** What an operator signs a command with. */
export const signedBody = z.strictObject({
  by: personName.describe("Who gives the command; a token that bears a name signs in its place"),
});

const MOST_WORDS = 500;

/** A line of an operator's own words. */
export const wordsParam = z
  .string()
  .trim()
  .min(1)
  .max(MOST_WORDS)
  .regex(ONE_LINE, "must be one line without control characters");

const ANSWER_MS = 10_000;

/** Runs `work` with a signal that aborts when time is up or the client has gone. */
export async function withinTime<T>(
  clock: Clock,
  request: FastifyRequest,
  work: (signal: AbortSignal) => Promise<T>,
  ms: number = ANSWER_MS,
): Promise<T> {
  // Not request.signal: it aborts as soon as the body was read.
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new DOMException("the client has gone", "AbortError"));
  request.raw.socket.once("close", onClose);
  const deadline = clock.deadline(ms, gone.signal);
  try {
    return await work(deadline.signal);
  } finally {
    deadline.dispose();
    request.raw.socket.off("close", onClose);
  }
}
