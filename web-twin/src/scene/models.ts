import type { LayoutTemplate } from "@stethos/edge-agent/core";
import type { Shape } from "./merge.ts";

export interface ModelsDeps {
  /** Fetches and reads a model; rejects with an error that tells what is wrong with it. */
  readonly load: (file: string, size: LayoutTemplate["size"]) => Promise<Shape>;
  /** A template has its model now. */
  readonly came: (template: string) => void;
  /** A template keeps its parts, and why. */
  readonly failed: (file: string, error: unknown) => void;
}

/** The models of the templates: each is fetched when it is first to be seen, one after the other, and read once. */
export interface Models {
  /** Undefined until it has come, or where there is none. */
  shapeOf(template: LayoutTemplate): Shape | undefined;
}

export function createModels(deps: ModelsDeps): Models {
  const known = new Map<string, Shape | undefined>();
  let last: Promise<void> = Promise.resolve();

  const fetch = async ({ id, size }: LayoutTemplate, file: string, key: string): Promise<void> => {
    try {
      known.set(key, await deps.load(file, size));
      deps.came(id);
    } catch (error) {
      deps.failed(file, error);
    }
  };

  return {
    shapeOf(template) {
      const { id, model, size } = template;
      if (model === undefined) return undefined;
      const key = JSON.stringify([id, model, size]);
      if (known.has(key)) return known.get(key);
      known.set(key, undefined);
      last = last.then(() => fetch(template, model, key));
      return undefined;
    },
  };
}
