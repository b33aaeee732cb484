import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { z } from "zod";

// A server that follows Loki's push API (POST /loki/api/v1/push, JSON) for the tests of this folder.

const pushed = z.strictObject({
  streams: z
    .array(
      z.strictObject({
        stream: z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string()),
        values: z.array(z.tuple([z.string().regex(/^\d{19}$/), z.string()])).min(1),
      }),
    )
    .min(1),
});

export type Pushed = z.infer<typeof pushed>["streams"][number];

export interface FakeLoki extends AsyncDisposable {
  readonly url: string;
  readonly streams: Pushed[];
  readonly headers: NodeJS.Dict<string | string[]>[];
  /** Of requests to come, one each; 204 when there is none left. */
  readonly answers: { readonly status: number; readonly retryAfter?: string }[];
  readonly requests: number;
}

export async function startFakeLoki(): Promise<FakeLoki> {
  const streams: Pushed[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const answers: { status: number; retryAfter?: string }[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      requests += 1;
      headers.push(request.headers);
      const answer = answers.shift();
      if (answer?.retryAfter !== undefined) response.setHeader("retry-after", answer.retryAfter);
      response.statusCode = answer?.status ?? take(request.url, parts);
      response.end(response.statusCode === 204 ? undefined : "no");
    });
  });
  /** @returns 204, or 400 for what Loki would not understand */
  function take(url: string | undefined, parts: readonly Buffer[]): number {
    if (url !== "/loki/api/v1/push") return 404;
    const body = pushed.safeParse(JSON.parse(gunzipSync(Buffer.concat(parts)).toString()));
    if (!body.success) return 400;
    streams.push(...body.data.streams);
    return 204;
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    headers,
    answers,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
