import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { agentFile } from "../../edge-agent/src/config/schema.ts";
import type { KubeObject } from "./apply.ts";
import { prometheusRule, ruleFile } from "./prometheus-rule.ts";
import { schemaFile } from "./schemas.ts";

const run = promisify(execFile);
const k8s = join(import.meta.dirname, "../../k8s");
const { kinds, definitions } = JSON.parse(await readFile(schemaFile, "utf8")) as {
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, object>>;
};
const ajv = new Ajv({ strict: false, allErrors: true }).addSchema({ $id: "kubernetes", definitions });

/** What is wrong with an object by Kubernetes' own schema; undefined where that has no such kind. */
function faultsOf(object: KubeObject): readonly string[] | undefined {
  const name = kinds[object.kind];
  if (name === undefined) return undefined;
  ajv.validate({ $ref: `kubernetes#/definitions/${name}` }, object);
  return (ajv.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

/** Whole objects that lie in files; patches are whole only when they are rendered. */
async function objectsOf(folder: string): Promise<readonly (readonly [string, KubeObject])[]> {
  const found: (readonly [string, KubeObject])[] = [];
  const isPatch = (file: string) => file.endsWith("served/daemon-set.yaml");
  for (const file of await readdir(join(k8s, folder), { recursive: true })) {
    if (!file.endsWith(".yaml") || isPatch(file)) continue;
    for (const document of parseAllDocuments(await readFile(join(k8s, folder, file), "utf8"))) {
      expect([file, document.errors, document.warnings]).toEqual([file, [], []]);
      const object = document.toJS() as KubeObject;
      if (object.apiVersion !== undefined) found.push([`${folder}/${file}`, object]);
    }
  }
  return found;
}

describe("the manifests, without a server", () => {
  it("are what Kubernetes' own schemas describe, field by field", async () => {
    const objects = (await Promise.all(["base", "overlays", "akri"].map(objectsOf))).flat();
    const judged = objects.flatMap(([file, object]) => {
      const faults = faultsOf(object);
      return faults === undefined ? [] : [[file, object.kind, faults] as const];
    });
    expect(judged.length).toBeGreaterThan(25);
    expect(judged.filter(([, , faults]) => faults.length > 0)).toEqual([]);
  });

  it.each([
    ["a field that is none", { spec: { replica: 2 } }, "must NOT have additional properties"],
    ["a number that is a text", { spec: { replicas: "2" } }, "must be integer"],
    ["a text that is a number", { metadata: { name: "x", labels: { a: 1 } } }, "must be string"],
  ])("would not be with %s", (_, change, words) => {
    const object = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x" },
      ...change,
    } as object;
    expect(faultsOf(object as KubeObject)?.join("\n")).toContain(words);
  });

  it("hold configurations that the agent understands", async () => {
    for (const file of [
      "overlays/k3s/plant/agent.yaml",
      "overlays/production/plant/edge-example.yaml",
      "akri/agent.yaml",
    ]) {
      const result = agentFile.safeParse(parse(await readFile(join(k8s, file), "utf8")));
      // Akri's has its address yet to come.
      const issues = result.error?.issues.filter(({ path }) => path.at(-1) !== "endpoint") ?? [];
      expect([file, issues]).toEqual([file, []]);
    }
  });

  it("give the Prometheus operator the rules of the file, and no others", async () => {
    // The formatter may break its lines elsewhere.
    expect(parse(await readFile(ruleFile, "utf8"))).toEqual(parse(await prometheusRule()));
  });
});

describe("the broker of a server that Akri found", () => {
  const POD = { POD_NAME: "edge-7-stethos-opcua-ab12cd-pod" };

  /** @returns the configuration that the agent would have been started with, or what the script said */
  async function become(
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly config?: string; readonly said?: string }> {
    const folder = await mkdtemp(join(tmpdir(), "stethos-broker-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    // Stands where the agent is in the image, and tells what it was called with.
    await writeFile(join(folder, "stethos"), '#!/bin/sh\necho "$STETHOS_NODE $*"\n');
    await chmod(join(folder, "stethos"), 0o755);
    const own = { PATH: `${folder}:/usr/bin:/bin`, TMPDIR: folder, STETHOS_CONFIG: join(k8s, "akri") };
    const ran = await run("sh", [join(k8s, "akri/broker.sh")], { env: { ...own, ...env } }).catch(
      (thrown: { readonly stderr: string }) => thrown.stderr,
    );
    if (typeof ran === "string") return { said: ran };
    const file = join(folder, "agent.yaml");
    expect(ran.stdout).toBe(`${env["POD_NAME"]} run --json -c ${file}\n`);
    return { config: await readFile(file, "utf8") };
  }

  it.each(["OPCUA_DISCOVERY_URL_AB12CD", "OPCUA_DISCOVERY_URL"])(
    "reads the address of %s",
    async (variable) => {
      const { config = "" } = await become({ ...POD, [variable]: "opc.tcp://press-3.plant:4840/a/b" });
      const { devices, data } = agentFile.parse(parse(config));
      expect(devices).toMatchObject([
        { name: POD.POD_NAME, connection: { endpoint: "opc.tcp://press-3.plant:4840/a/b" } },
      ]);
      expect(data).toBe(`/var/lib/stethos/${POD.POD_NAME}`);
    },
  );

  it.each([
    ["no server", {}, "named no OPC UA server"],
    ["another protocol", { OPCUA_DISCOVERY_URL: "http://10.0.0.1/" }, "named no OPC UA server"],
    ["a quote", { OPCUA_DISCOVERY_URL: 'opc.tcp://a", x: "' }, "characters that no address needs"],
    [
      "a command of sed",
      { OPCUA_DISCOVERY_URL: "opc.tcp://a|e reboot|" },
      "characters that no address needs",
    ],
    ["a name that climbs", { OPCUA_DISCOVERY_URL: "opc.tcp://a:4840", POD_NAME: "../x" }, "pod's name"],
  ])("does not start with %s", async (_, env, words) => {
    expect(await become({ ...POD, ...env })).toEqual({ said: expect.stringContaining(words) });
  });
});
