import { addAbortSignal, Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type {
  Conditions,
  ListedObject,
  ObjectBody,
  ObjectHead,
  ObjectStore,
  PutCondition,
} from "../registry/object-store.ts";
import { probeConditions } from "./conditions.ts";
import { createS3Client, type S3Options } from "./s3-client.ts";
import { answerOf, s3Error } from "./s3-error.ts";

/** What is known of a bucket before anything is asked. */
export interface S3Address {
  readonly name: string;
  /** "" or with a slash behind it. */
  readonly prefix: string;
  readonly settleMs: number;
}

/** The store itself, with the SDK behind it. */
export function openS3Store(options: S3Options, address: S3Address, clock: Clock): ObjectStore {
  const { bucket } = options;
  const { name, prefix, settleMs } = address;
  const client = createS3Client(options);
  const place = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` });

  async function head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
    const found = await ask(name, `look at ${key}`, signal, () =>
      client.send(new HeadObjectCommand(place(key)), { abortSignal: signal }),
    );
    return "answer" in found ? undefined : headIn(found, found.ContentLength);
  }

  async function get(
    key: string,
    { from = 0, ifMatch }: { readonly from?: number; readonly ifMatch?: string },
    signal: AbortSignal,
  ): Promise<ObjectBody | "changed" | undefined> {
    const range = from > 0 ? { Range: `bytes=${from}-` } : {};
    const input = { ...place(key), ...range, ...(ifMatch !== undefined && { IfMatch: ifMatch }) };
    const found = await ask(name, `read ${key}`, signal, () =>
      client.send(new GetObjectCommand(input), { abortSignal: signal }),
    );
    if ("answer" in found) return found.answer === "absent" ? undefined : "changed";
    return bodyIn(found, from, ifMatch, { name, key }, signal);
  }

  async function put(
    key: string,
    body: Uint8Array,
    condition: PutCondition,
    signal: AbortSignal,
  ): Promise<"conflict" | "written"> {
    const put = new PutObjectCommand({ ...place(key), Body: body, ...headersOf(condition) });
    const found = await ask(name, `write ${key}`, signal, () => client.send(put, { abortSignal: signal }));
    if (!("answer" in found)) return "written";
    // A condition on an object that is not there: 404 on AWS.
    if (condition !== "none" && found.answer !== "range") return "conflict";
    throw new ModelError(
      "REGISTRY_REFUSED",
      `${name}: write ${key}: it answers "${found.answer}"; check the endpoint`,
    );
  }

  const remove = async (key: string, signal: AbortSignal): Promise<void> => {
    await ask(name, `delete ${key}`, signal, () =>
      client.send(new DeleteObjectCommand(place(key)), { abortSignal: signal }),
    );
  };

  let probed: Promise<Conditions> | undefined;
  return {
    name,
    settleMs,
    async conditions(signal) {
      probed ??= probeConditions({ head, put, delete: remove }, signal);
      try {
        return await probed;
      } catch (thrown) {
        // What could not be found out now may be later.
        probed = undefined;
        throw thrown;
      }
    },
    nowMs: (signal) => storeTime(client, bucket, name, clock, signal),
    head,
    get,
    put,
    list: (below, signal) => listObjects(client, { bucket, prefix, name }, below, signal),
    delete: remove,
  };
}

type Answer = NonNullable<ReturnType<typeof answerOf>>;

/** What the server said, or an answer that is no failure though the SDK throws it. */
async function ask<T extends object>(
  name: string,
  what: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | { readonly answer: Answer }> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (thrown) {
    signal.throwIfAborted();
    const answer = answerOf(thrown);
    if (answer !== undefined) return { answer };
    throw s3Error(name, what, thrown);
  }
}

function headersOf(condition: PutCondition) {
  if (condition === "none") return {};
  return "ifAbsent" in condition ? { IfNoneMatch: "*" } : { IfMatch: condition.ifMatch };
}

function headIn(
  found: { readonly ETag?: string | undefined; readonly LastModified?: Date | undefined },
  bytes: number | undefined,
): ObjectHead {
  return { etag: found.ETag ?? "", bytes: bytes ?? 0, modifiedMs: found.LastModified?.getTime() ?? 0 };
}

interface Asked {
  readonly name: string;
  readonly key: string;
}

function bodyIn(
  found: GetObjectCommandOutput,
  from: number,
  ifMatch: string | undefined,
  asked: Asked,
  signal: AbortSignal,
): ObjectBody | "changed" {
  const { Body: stream } = found;
  if (!(stream instanceof Readable)) {
    throw s3Error(asked.name, `read ${asked.key}`, new Error("an answer without a body"));
  }
  // Some servers ignore the condition, others the range.
  if (ifMatch !== undefined && found.ETag !== ifMatch) {
    stream.destroy();
    return "changed";
  }
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(found.ContentRange ?? "");
  const begin = range === null ? 0 : Number(range[1]);
  const total = range === null ? found.ContentLength : Number(range[2]);
  if (begin > from) {
    stream.destroy();
    return "changed";
  }
  return { ...headIn(found, total), chunks: chunksOf(stream, from - begin, asked, signal) };
}

async function* chunksOf(
  stream: Readable,
  skip: number,
  { name, key }: Asked,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let left = skip;
  try {
    for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) {
      const wanted = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    throw s3Error(name, `read ${key}`, thrown);
  }
}

async function* listObjects(
  client: S3Client,
  { bucket, prefix, name }: { readonly bucket: string; readonly prefix: string; readonly name: string },
  below: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const input = { Bucket: bucket, Prefix: `${prefix}${below}`, ...(token && { ContinuationToken: token }) };
    const page: ListObjectsV2CommandOutput | { readonly answer: Answer } = await ask(
      name,
      `list ${below}`,
      signal,
      () => client.send(new ListObjectsV2Command(input), { abortSignal: signal }),
    );
    if ("answer" in page) throw s3Error(name, `list ${below}`, new Error(`an answer "${page.answer}"`));
    for (const { Key, ETag, Size, LastModified } of page.Contents ?? []) {
      if (Key?.startsWith(prefix))
        yield { key: Key.slice(prefix.length), ...headIn({ ETag, LastModified }, Size) };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** The Date header (RFC 9110, 6.6.1), in whole seconds; that of a refusal does as well. */
async function storeTime(
  client: S3Client,
  bucket: string,
  name: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  let date: string | undefined;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: "channels" });
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = headerOf(result.response, "date");
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  try {
    await ask(name, "read its clock", signal, () => client.send(command, { abortSignal: signal }));
  } catch (thrown) {
    if (date === undefined) throw thrown;
  }
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? clock.nowUs() / 1000 : time;
}

function headerOf(response: unknown, header: string): string | undefined {
  if (typeof response !== "object" || response === null || !("headers" in response)) return undefined;
  const { headers } = response;
  const value: unknown = typeof headers === "object" && headers !== null && Reflect.get(headers, header);
  return typeof value === "string" ? value : undefined;
}
