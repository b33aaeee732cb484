import { z } from "zod";
import type { Api, ApiAnswer } from "./api.ts";
import { refusal, statusOf } from "./api-status.ts";
import { microTime } from "./micro-time.ts";
import { readAnswered } from "./read-answered.ts";

/** The one object that says who leads. */
export interface LeaseStore {
  /** Undefined where there is none yet. @throws ClusterError */
  read(signal: AbortSignal): Promise<Lease | undefined>;
  /** Writes over exactly what was seen; undefined creates.
   *  @returns what is there now, or "conflict" where somebody else was first
   *  @throws ClusterError where nobody knows whether it was written */
  write(wanted: LeaseRecord, seen: Lease | undefined, signal: AbortSignal): Promise<Lease | "conflict">;
}

export interface LeaseRecord {
  /** "" when it was given back. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** For people: nobody compares them with a clock. */
  readonly acquiredUs: number;
  readonly renewedUs: number;
  readonly transitions: number;
}

export interface Lease {
  readonly holder: string;
  readonly durationSeconds: number | undefined;
  readonly acquiredUs: number;
  readonly transitions: number;
  readonly resourceVersion: string;
  /** Changes with every renewal, and with nothing else. */
  readonly mark: string;
}

const leaseSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .optional(),
});

export function createLeaseStore(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  api: Api,
): LeaseStore {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(name)}`;
  const what = `lease ${namespace}/${name}`;
  const read = (body: unknown) => leaseOf(readAnswered(leaseSchema, body, what));

  function written({ status, body }: ApiAnswer): Lease | "conflict" {
    if (status === 200 || status === 201) return read(body);
    // Gone between look and write: the next look sees it.
    if (status === 409 || status === 404) return "conflict";
    throw refusal(statusOf(status, body), what);
  }

  return {
    async read(signal) {
      const { status, body } = await api.ask({ method: "GET", path, what, isUrgent: true }, signal);
      if (status === 404) return undefined;
      if (status !== 200) throw refusal(statusOf(status, body), what);
      return read(body);
    },
    async write(wanted, seen, signal) {
      const version = seen && { resourceVersion: seen.resourceVersion };
      const body = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace, ...version },
        spec: specOf(wanted),
      };
      const place =
        seen === undefined ? { method: "POST" as const, path: collection } : { method: "PUT" as const, path };
      return written(await api.ask({ ...place, body, what, isUrgent: true }, signal));
    },
  };
}

const specOf = (wanted: LeaseRecord) => ({
  holderIdentity: wanted.holder,
  leaseDurationSeconds: wanted.durationSeconds,
  acquireTime: microTime(wanted.acquiredUs),
  renewTime: microTime(wanted.renewedUs),
  leaseTransitions: wanted.transitions,
});

function leaseOf({ metadata, spec = {} }: z.infer<typeof leaseSchema>): Lease {
  const acquiredMs = Date.parse(spec.acquireTime ?? "");
  return {
    holder: spec.holderIdentity ?? "",
    durationSeconds: spec.leaseDurationSeconds ?? undefined,
    acquiredUs: Number.isNaN(acquiredMs) ? 0 : acquiredMs * 1000,
    transitions: spec.leaseTransitions ?? 0,
    resourceVersion: metadata.resourceVersion,
    mark: JSON.stringify(spec),
  };
}
