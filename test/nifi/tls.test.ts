import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type NifiSinkOptions, nifiSinkOptions } from "../../edge-agent/src/adapters/nifi/options.ts";
import { SinkError } from "../../edge-agent/src/ports/sink.ts";
import { ordinaryBatch } from "../contract/sink-batches.ts";
import { type Certificates, makeCertificates } from "../mqtt/certificates.ts";
import { createTestSink } from "./bench.ts";
import { type ProtocolServer, startProtocolServer } from "./protocol-server.ts";

let certificates: Certificates;
let server: ProtocolServer;

beforeAll(async () => {
  certificates = await makeCertificates();
  const { caFile, server: own } = certificates;
  const [ca, cert, key] = await Promise.all(
    [caFile, own.certFile, own.keyFile].map((file) => readFile(file)),
  );
  if (ca === undefined || cert === undefined || key === undefined) throw new TypeError("no certificates");
  server = await startProtocolServer({ https: { ca, cert, key } });
});

afterAll(async () => {
  await server.close();
  await certificates.remove();
});

async function outcome(options: Partial<NifiSinkOptions>): Promise<string> {
  const url = `https://127.0.0.1:${server.port}/contentListener`;
  const sink = createTestSink(server.port, { url, requestTimeoutMs: 20_000, ...options });
  onTestFinished(() => sink.close());
  const delivery = sink.deliver([ordinaryBatch(1)], new AbortController().signal);
  return delivery.then(
    () => "taken",
    (thrown: unknown) =>
      thrown instanceof SinkError ? `${thrown.fault}: ${thrown.message}` : String(thrown),
  );
}

it("shows its certificate, and takes only a server of the plant's authority", async () => {
  const { caFile, client } = certificates;
  expect(await outcome({ caFile, ...client })).toBe("taken");
  expect(await outcome({ ...client })).toMatch(/^denied: the certificate of .* is not trusted/);
});

it("is told that a certificate is missing, or is none", async () => {
  const { caFile, client } = certificates;
  expect(await outcome({ caFile })).toMatch(/^(denied|unreachable): /);
  expect(await outcome({ caFile, ...client, certFile: client.keyFile })).toMatch(/^denied: .* is no PEM/);
});

it.each([
  [{ url: "http://nifi.plant.example/contentListener", tokenFile: "token" }, "plain text"],
  [{ url: "http://nifi.plant.example/contentListener", certFile: "a", keyFile: "b" }, "without https"],
  [{ url: "https://nifi.plant.example/contentListener", certFile: "a" }, "go together"],
  [{ url: "https://user:pw@nifi.plant.example/contentListener" }, "holds a user or a password"],
  [{ url: "ftp://nifi.plant.example" }, "must be an address"],
])("refuses options that would not be safe (%j)", (options, words) => {
  expect(nifiSinkOptions.safeParse(options).error?.message).toContain(words);
});
