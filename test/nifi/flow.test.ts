import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { nifiClassPath } from "./class-path.ts";

interface Component {
  readonly identifier: string;
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly autoTerminatedRelationships?: readonly string[];
}

interface Connection {
  readonly source: { readonly id: string };
  readonly destination: { readonly id: string };
  readonly selectedRelationships: readonly string[];
}

interface Flow {
  readonly flowContents: {
    readonly processors: readonly Component[];
    readonly controllerServices: readonly Component[];
    readonly connections: readonly Connection[];
    readonly parameterContextName: string;
  };
  readonly parameterContexts: Readonly<
    Record<string, { readonly parameters: readonly { readonly name: string; readonly value?: string }[] }>
  >;
}

const path = join(import.meta.dirname, "../../k8s/nifi/stethos-flow.json");
const flow = JSON.parse(readFileSync(path, "utf8")) as Flow;
const { processors, controllerServices, connections, parameterContextName } = flow.flowContents;

/** RouteOnAttribute makes a relationship of each property of the user's own; UpdateAttribute an attribute. */
const OWN_PROPERTIES = new Map([["org.apache.nifi.processors.standard.RouteOnAttribute", ["readings"]]]);

describe("the flow definition for NiFi", () => {
  it("names only components and parameters that it has", () => {
    const ids = new Set([...processors, ...controllerServices].map(({ identifier }) => identifier));
    expect(ids.size).toBe(processors.length + controllerServices.length);
    for (const { source, destination } of connections)
      expect([ids.has(source.id), ids.has(destination.id)]).toEqual([true, true]);
    const used = [...processors, ...controllerServices].flatMap(({ properties }) =>
      Object.values(properties).flatMap((value) =>
        [...value.matchAll(/#\{([^}]+)\}/g)].map((match) => match[1]),
      ),
    );
    const known = flow.parameterContexts[parameterContextName]?.parameters.map(({ name }) => name);
    expect(new Set(used)).toEqual(new Set(known));
  });

  it("holds no secret", () => {
    const parameters = flow.parameterContexts[parameterContextName]?.parameters ?? [];
    expect(parameters.find(({ name }) => name === "database-password")).not.toHaveProperty("value");
  });

  it("tells every row by the name that the sink gives it", () => {
    const put = processors.find(({ type }) => type.endsWith("PutDatabaseRecord"));
    expect(put?.properties).toMatchObject({
      "put-db-record-statement-type": "INSERT_IGNORE",
      "put-db-record-update-keys": "node,epoch,number,row",
    });
  });
});

const found = await nifiClassPath();
if (found.kind === "missing")
  process.stderr.write(`the flow's names were not held against NiFi: ${found.reason}\n`);
else
  describe("NiFi's own processors", () => {
    it("have the properties that the flow sets, and every relationship of theirs leads somewhere", async () => {
      const standard = processors.filter(({ type }) =>
        type.startsWith("org.apache.nifi.processors.standard."),
      );
      const types = [...new Set(standard.map(({ type }) => type))];
      const { stdout } = await promisify(execFile)("java", ["-cp", found.path, "FlowNames", ...types]);
      type Names = { readonly type: string; readonly properties: string[]; readonly relationships: string[] };
      const names = stdout
        .trim()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Names);
      expect(names.map(({ type }) => type)).toEqual(types);
      for (const one of standard) {
        const own = OWN_PROPERTIES.get(one.type) ?? [];
        const facts = names.find(({ type }) => type === one.type);
        expect([...(facts?.properties ?? []), ...own]).toEqual(
          expect.arrayContaining(Object.keys(one.properties)),
        );
        const away = connections
          .filter(({ source }) => source.id === one.identifier)
          .flatMap(({ selectedRelationships }) => selectedRelationships);
        const led = [...away, ...(one.autoTerminatedRelationships ?? [])];
        expect(new Set(led)).toEqual(new Set([...(facts?.relationships ?? []), ...own]));
      }
    });
  });
