import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

const folder = join(import.meta.dirname, "../../k8s/argo");

/** An object as it lies in a file; what is asked of it is checked where it is asked. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: manifests of other products, read only by tests
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly rules?: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** All objects of the files that a kustomization names, its folders' with them. */
export function manifestsOf(sub = ""): readonly Manifest[] {
  const { resources } = documents(join(sub, "kustomization.yaml"))[0] as unknown as {
    readonly resources: readonly string[];
  };
  return resources.flatMap((name) => documents(join(sub, name)) as readonly Manifest[]);
}

function documents(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(join(folder, file), "utf8"), { merge: true }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

export function manifest(kind: string, name: string): Manifest {
  const found = manifestsOf().find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
