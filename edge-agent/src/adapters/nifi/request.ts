import { type Agent, request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** What a server answered; the text is its beginning, for a message. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Asked {
  readonly url: URL;
  readonly method: "POST" | "DELETE" | "HEAD";
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
}

/** Enough to tell what is wrong. */
const MOST_TEXT = 300;

/** Not fetch: it cannot present a client certificate without a package of its own, and it follows a 303, which here names
 *  a hold. Redirects are answers like any other.
 *  @throws what the network says; the signal's reason */
export function ask(
  agent: Agent,
  { url, method, headers, body }: Asked,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = agent instanceof HttpsAgent ? httpsRequest : httpRequest;
    const length = { "content-length": body?.byteLength ?? 0 };
    const request = send(url, { agent, method, headers: { ...headers, ...length }, signal });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        if (size < MOST_TEXT) chunks.push(chunk);
        size += chunk.length;
      });
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8").slice(0, MOST_TEXT);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
      // Without "end" the connection broke in the middle of the answer.
      response.on("close", () => reject(new Error("the connection ended in the middle of the answer")));
    });
    request.end(body);
  });
}
