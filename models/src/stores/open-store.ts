import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { ModelError } from "../errors.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import { createS3Store } from "./create-s3-store.ts";
import { createFolderStore } from "./folder-store.ts";

/** Of S3; what is left out is found as all AWS tools find it (environment, profile, instance). */
export interface S3Place {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** PEM of the authority that made the endpoint's certificate. */
  readonly caFile?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  /** See ObjectStore. */
  readonly settleMs?: number;
}

/** Opens a registry's store by its name: a folder, or s3://bucket/prefix?endpoint=https://host:9000&region=eu-central-1.
 *  What the address says goes before `s3`.
 *  @throws ModelError USAGE */
export function openStore(where: string, s3: S3Place, clock: Clock): ObjectStore {
  if (/^s3:/i.test(where)) return openS3(where, s3, clock);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(where)?.[1];
  if (scheme !== undefined) {
    throw new ModelError("USAGE", `"${where}": a registry is a folder or s3://bucket/prefix, not ${scheme}:`);
  }
  return createFolderStore(resolve(where), clock);
}

function openS3(where: string, s3: S3Place, clock: Clock): ObjectStore {
  const url = URL.canParse(where) ? new URL(where) : undefined;
  if (url === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname)) {
    throw new ModelError("USAGE", `"${where}" names no bucket; write s3://bucket/prefix`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new ModelError(
      "USAGE",
      "an address of a registry holds no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
  }
  const said = placeIn(url.searchParams);
  const { caFile, ...place } = { ...s3, ...said };
  requireEndpoint(place.endpoint);
  return createS3Store(
    {
      bucket: url.hostname,
      prefix: decodeURIComponent(url.pathname),
      ...place,
      ...(caFile !== undefined && { ca: readCa(caFile) }),
    },
    clock,
  );
}

const KNOWN = ["endpoint", "region", "caFile", "pathStyle"];

function placeIn(params: URLSearchParams): S3Place {
  for (const key of params.keys()) {
    if (!KNOWN.includes(key)) {
      throw new ModelError("USAGE", `"${key}" in an s3 address is not known; there are ${KNOWN.join(", ")}`);
    }
  }
  const text = (key: string) => params.get(key) ?? undefined;
  const [endpoint, region, caFile, pathStyle] = KNOWN.map(text);
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(caFile !== undefined && { caFile }),
    ...(pathStyle !== undefined && { pathStyle: pathStyle !== "false" }),
  };
}

function requireEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined) return;
  const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : "";
  if (protocol === "http:" || protocol === "https:") return;
  throw new ModelError("USAGE", `the endpoint "${endpoint}" is no address; write https://host:port`);
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ModelError("USAGE", `the certificate authority ${file} cannot be read; name a PEM file`, {
      cause,
    });
  }
}
