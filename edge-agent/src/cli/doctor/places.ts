import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { DeviceFile } from "../../config/schema.ts";
import type { AgentConfig } from "../../config.ts";
import { unreachable } from "../../core/errors.ts";
import type { Named, Place } from "./look-at-reach.ts";

/** Where a device is, as far as its configuration says. */
export function placesOfDevice(device: DeviceFile): readonly Place[] {
  switch (device.protocol) {
    case "modbus-rtu":
      return [{ kind: "file", path: device.connection.path }];
    case "opcua":
      return [placeOfUrl(device.connection.endpoint, 4840)];
    case "auto": {
      const { ports = {} } = device.connection;
      const { hostname } = new URL(device.connection.endpoint);
      return [{ kind: "tcp", host: bare(hostname), ports: Object.values({ ...USUAL_PORTS, ...ports }) }];
    }
    case "modbus-tcp":
    case "s7":
    case "s7-tunnel":
      return [{ kind: "tcp", host: device.connection.host, ports: [device.connection.port] }];
    default:
      return unreachable(device);
  }
}

const USUAL_PORTS = { s7: 102, modbus: 502, opcua: 4840 };

const bare = (host: string): string => host.replace(/^\[|\]$/g, "");

/** Ports of the schemes that a sink's address may have. */
const SCHEME_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "mqtt:": 1883,
  "mqtts:": 8883,
  "postgres:": 5432,
  "postgresql:": 5432,
  "ws:": 80,
  "wss:": 443,
};

function placeOfUrl(text: string, usual?: number): Place {
  const { protocol, hostname, port } = new URL(text);
  const number = port === "" ? (usual ?? SCHEME_PORTS[protocol] ?? 0) : Number(port);
  return { kind: "tcp", host: bare(hostname) || "localhost", ports: [number] };
}

const addressed = z.object({
  name: z.string(),
  url: z.string().optional(),
  urls: z.array(z.string()).optional(),
  folder: z.string().optional(),
});

/** Where a sink is: at its `url`, one of its `urls`, or a `folder`. */
export function placesOfSink(sink: unknown): Named {
  const { name, url, urls, folder } = addressed.parse(sink);
  const places = [...(url === undefined ? [] : [url]), ...(urls ?? [])].map((one) => placeOfUrl(one));
  return {
    name,
    places: [...places, ...(folder === undefined ? [] : [{ kind: "file", path: folder } as const])],
  };
}

/** Every certificate that the configuration names, once: of the API, of OPC UA, of sinks and the registry. */
export function certificatesOf(
  config: AgentConfig,
  folders: (folder: string) => readonly string[] = listed,
): readonly string[] {
  const { api, sinks, models, devices } = config.settings;
  const named = [api.tls, sinks, models.registry].flatMap((part) => filesIn(part));
  const stores = devices.flatMap((device) => {
    const settings =
      device.protocol === "opcua"
        ? device.connection
        : device.protocol === "auto"
          ? device.connection.opcua
          : undefined;
    if (settings === undefined || settings.securityMode === "None") return [];
    return [settings.certificateFolder ?? join(config.dataFolder, "opcua-pki")];
  });
  // Beside them lie lock files.
  const own = stores
    .flatMap((store) => folders(join(store, "own/certs")))
    .filter((file) => /\.(crt|der|pem)$/.test(file));
  return [...new Set([...named, ...own])];
}

/** Values of `caFile` and `certFile`, wherever they stand. */
function filesIn(part: unknown): readonly string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) =>
    (key === "caFile" || key === "certFile") && typeof value === "string" ? [value] : filesIn(value),
  );
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch (thrown) {
    // Made at the first connection.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return [];
    throw thrown;
  }
}
