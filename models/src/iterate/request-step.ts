import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { ModelError, type ModelErrorCode } from "../errors.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import { readSmall } from "../registry/small-object.ts";
import { type Iteration, Refused, type RequestOptions, type Step } from "./iteration.ts";
import { type CheckedRequest, checkRequest, readRequest } from "./request.ts";

/** A device asked: whether it did, and for the first time. */
export const request: Step = {
  name: "request",
  what: "check who asks for a new version",
  // Never taken from a former run: the store alone knows what was seen.
  inputs: async ({ clock }) => clock.nowUs(),
  async run(iteration, signal) {
    const wanted = requestOptions(iteration);
    const { verdict, request: asked } = await checked(iteration, wanted, signal);
    if (wanted.verdictFile !== undefined) {
      await mkdir(dirname(wanted.verdictFile), { recursive: true });
      await writeFile(wanted.verdictFile, verdict);
    } else if (verdict === "repeated") {
      throw new Refused(
        `request ${asked.id} of ${asked.node} was accepted before; it is played back, or came twice`,
      );
    }
    await mkdir(iteration.work.root, { recursive: true });
    await writeFileAtomic(
      iteration.work.request,
      `${JSON.stringify({ verdict, request: asked }, null, 2)}\n`,
    );
    return `request ${asked.id} of ${asked.node} at ${asked.site} is ${verdict}`;
  },
};

/** What another try would judge alike. */
const FINAL: readonly ModelErrorCode[] = [
  "MODEL_CONTRACT",
  "MODEL_EXPIRED",
  "MODEL_TAMPERED",
  "MODEL_UNSIGNED",
];

async function checked(
  { requests, clock, options }: Iteration,
  wanted: RequestOptions,
  signal: AbortSignal,
): Promise<CheckedRequest> {
  const store = requests();
  const rules = { ...wanted, model: options.model };
  try {
    const envelope = await envelopeOf(wanted.source, store, signal);
    return await checkRequest(envelope, rules, store, clock.nowUs() / 1000, signal);
  } catch (thrown) {
    if (!(thrown instanceof ModelError) || !FINAL.includes(thrown.code)) throw thrown;
    throw new Refused(`${thrown.code}: ${thrown.message}`, { cause: thrown });
  }
}

async function envelopeOf(
  source: RequestOptions["source"],
  store: ObjectStore,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if ("file" in source) {
    const bytes = await readRequest(source.file);
    return source.isBase64 ? Buffer.from(Buffer.from(bytes).toString("latin1"), "base64") : bytes;
  }
  const object = await readSmall(store, keyIn(source.key), signal);
  if (object !== undefined) return object.bytes;
  throw new ModelError("MODEL_MISSING", `${store.name} has no request ${source.key}`);
}

// requests/<site>/<node>/<id>.json, as agents write them.
const KEY = /^requests(\/[A-Za-z0-9_][A-Za-z0-9._+-]*){2}\/[0-9TZ]+-[0-9a-f]{8}\.json$/;

/** Notifications of a store name keys as forms do: percent signs, and a plus for a space. */
function keyIn(text: string): string {
  const key = /%[0-9A-Fa-f]{2}/.test(text) ? decoded(text.replaceAll("+", " ")) : text;
  if (key !== undefined && KEY.test(key)) return key;
  throw new ModelError("MODEL_CONTRACT", `"${text}" is no key of a request`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // Half of a character.
    return undefined;
  }
}

function requestOptions({ options }: Iteration): RequestOptions {
  if (options.request !== undefined) return options.request;
  throw new ModelError("USAGE", 'the step "request" needs --request or --request-key');
}
