import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goModule } from "./go-module.ts";

/** The kinds of Kubernetes that the manifests use, by the file of its OpenAPI that has them. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  api__v1: ["ConfigMap", "Namespace", "PersistentVolumeClaim", "Service", "ServiceAccount"],
  "apis__admissionregistration.k8s.io__v1": ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  apis__apps__v1: ["DaemonSet", "Deployment"],
  "apis__networking.k8s.io__v1": ["NetworkPolicy"],
  apis__policy__v1: ["PodDisruptionBudget"],
  "apis__rbac.authorization.k8s.io__v1": ["Role", "RoleBinding"],
  "apis__scheduling.k8s.io__v1": ["PriorityClass"],
};

export const schemaFile = join(import.meta.dirname, "kubernetes.schema.json");

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Schema = Readonly<Record<string, Json>>;

interface Typed {
  readonly "x-kubernetes-group-version-kind"?: readonly { readonly kind: string }[];
}

/** JSON Schema of those kinds out of Kubernetes' own OpenAPI: no texts, and no field that is in none of them. */
export async function kubernetesSchemas(): Promise<string> {
  const module = await goModule("kube-apiserver", "k8s.io/kubernetes");
  if (module === undefined) throw new Error("Go cannot fetch k8s.io/kubernetes");
  const definitions: Record<string, Json> = {};
  const kinds: Record<string, string> = {};
  for (const [file, wanted] of Object.entries(KINDS)) {
    const path = join(module, "api/openapi-spec/v3", `${file}_openapi.json`);
    const { components } = JSON.parse(await readFile(path, "utf8")) as {
      readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
    };
    for (const [name, schema] of Object.entries(components.schemas)) {
      const own = (schema as Typed)["x-kubernetes-group-version-kind"] ?? [];
      const kind = own.length === 1 ? own[0]?.kind : undefined;
      if (kind === undefined || !wanted.includes(kind)) continue;
      kinds[kind] = name;
      collect(name, components.schemas, definitions);
    }
  }
  const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ kinds, definitions: sorted })}\n`;
}

function collect(name: string, all: Readonly<Record<string, Schema>>, into: Record<string, Json>): void {
  if (into[name] !== undefined) return;
  // Before its parts: a schema may hold itself.
  into[name] = true;
  const schema = JSON.stringify(plain(all[name] ?? {})).replaceAll("#/components/schemas/", "#/definitions/");
  into[name] = JSON.parse(schema) as Json;
  for (const [, part = ""] of schema.matchAll(/"#\/definitions\/([^"]+)"/g)) collect(part, all, into);
}

const KEPT = [
  "$ref",
  "additionalProperties",
  "allOf",
  "enum",
  "items",
  "oneOf",
  "properties",
  "required",
  "type",
];

function plain(schema: Json): Json {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return schema;
  const { properties, ...rest } = schema as Schema;
  const kept = Object.entries(rest).filter(([key]) => KEPT.includes(key));
  const own = kept.map(([key, value]) => [key, Array.isArray(value) ? value.map(plain) : plain(value)]);
  if (properties === undefined) return Object.fromEntries(own);
  const inner = Object.entries(properties as Schema).map(([key, value]) => [key, plain(value)]);
  return { additionalProperties: false, ...Object.fromEntries(own), properties: Object.fromEntries(inner) };
}

if (import.meta.main) await writeFile(schemaFile, await kubernetesSchemas());
