import type { ExpandedLayout } from "@stethos/edge-agent/core";
import type { PointStore } from "./points.ts";
import type { Store } from "./store.ts";

interface Named {
  readonly name?: string | undefined;
  readonly code?: string | undefined;
}

/** What an asset is called: by the machine, else by the layout, else by the end of its path; its plant code stands before
 *  the name. */
export type NameOf = (asset: string) => string;

export function createNameOf(store: Pick<Store, "view">, points: Pick<PointStore, "view">): NameOf {
  let known: ExpandedLayout | undefined;
  let assets: ReadonlyMap<string, Named> = new Map();
  const assetOf = (id: string): Named | undefined => {
    const layout = points.view()?.layout;
    if (layout !== known) {
      known = layout;
      assets = new Map(layout?.layout.assets.map((asset) => [asset.id, asset]));
    }
    return assets.get(id);
  };
  return (id) => {
    const { name: layoutName, code } = assetOf(id) ?? {};
    const name = store.view().plant.machines.get(id)?.name ?? layoutName ?? id.slice(id.lastIndexOf("/") + 1);
    return code === undefined || name.includes(code) ? name : `${code} ${name}`;
  };
}
