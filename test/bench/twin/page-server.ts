import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves a folder of built pages.
 *  @param position of all points, for pages that ask for them */
export async function servePages(
  folder: string,
  position: Float32Array = new Float32Array(),
): Promise<PageServer> {
  const bytes = new Uint8Array(position.buffer, position.byteOffset, position.byteLength);
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (path === "/positions.bin") {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
      return;
    }
    const file = join(folder, path);
    stat(file).then(
      () => {
        response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
