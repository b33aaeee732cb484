import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import type { Kube } from "./start-kube.ts";

/** What every object of Kubernetes has. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Asked {
  readonly method: "GET" | "PATCH" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** As the administrator, with the object exactly as it is: client-node's classes leave out what they do not know. */
export function ask(
  kube: Kube,
  { method, path, body, type = "application/json", headers }: Asked,
): Promise<Answer> {
  const { cert, key } = kube.admin;
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, kube.server),
      {
        method,
        ca: kube.authority.ca,
        cert,
        key,
        headers: { ...headers, "content-type": type },
      },
      (response) => {
        json(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      },
    );
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Server-side apply, which refuses every field that is in no schema.
 *  @returns undefined where it was taken, else what the server says */
export async function apply(kube: Kube, object: KubeObject, isDryRun: boolean): Promise<string | undefined> {
  const path = await pathOf(kube, object);
  if (path === undefined) return `the server knows no ${object.apiVersion} ${object.kind}`;
  const query = `fieldManager=stethos-test&fieldValidation=Strict${isDryRun ? "&dryRun=All" : ""}`;
  const { status, body } = await ask(kube, {
    method: "PATCH",
    path: `${path}/${encodeURIComponent(object.metadata.name)}?${query}`,
    body: object,
    type: "application/apply-patch+yaml",
  });
  return status === 200 || status === 201 ? undefined : `${status}: ${messageOf(body)}`;
}

export const messageOf = (body: unknown): string =>
  typeof body === "object" && body !== null && "message" in body
    ? String(body.message)
    : JSON.stringify(body);

/** Where objects of that kind are; undefined where the server has no such kind. */
export async function pathOf(
  kube: Kube,
  { apiVersion, kind, metadata }: KubeObject,
): Promise<string | undefined> {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { body } = await ask(kube, { method: "GET", path: base });
  const { resources = [] } = body as {
    readonly resources?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly namespaced: boolean;
    }[];
  };
  const found = resources.find((one) => one.kind === kind && !one.name.includes("/"));
  if (found === undefined) return undefined;
  return found.namespaced
    ? `${base}/namespaces/${metadata.namespace ?? "default"}/${found.name}`
    : `${base}/${found.name}`;
}

/** A path that is not served is answered with a plain text. */
async function json(response: IncomingMessage): Promise<unknown> {
  const answer = await text(response);
  return response.headers["content-type"]?.startsWith("application/json") === true
    ? JSON.parse(answer)
    : { message: answer };
}
