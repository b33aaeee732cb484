import { urgencyOf } from "@stethos/edge-agent/core";

/** An asset as the tree takes it. */
export interface TreeAsset {
  /** Asset path: its parts are the levels. */
  readonly id: string;
  readonly name: string;
}

export interface TreeNode {
  /** The path so far; of a leaf the asset's id. */
  readonly id: string;
  readonly name: string;
  /** 1 is the outermost. */
  readonly level: number;
  /** Index among the assets; undefined of what only holds others. */
  readonly asset?: number;
  /** Index after its last descendant. */
  readonly end: number;
  /** Place among its siblings, from 1, and their number. */
  readonly place: number;
  readonly siblings: number;
}

/** All nodes, each before what it holds. */
export type Tree = readonly TreeNode[];

interface Branch {
  readonly name: string;
  readonly children: Map<string, Branch>;
  asset: number | undefined;
}

const branch = (name: string): Branch => ({ name, children: new Map(), asset: undefined });

/** @param groupOf what an asset without a path stands under */
export function buildTree(assets: readonly TreeAsset[], groupOf: (asset: number) => string = () => ""): Tree {
  const root = branch("");
  assets.forEach(({ id, name }, index) => {
    const parts = id.split("/");
    if (parts.length === 1 && groupOf(index) !== "") parts.unshift(groupOf(index));
    let at = root;
    for (const [depth, part] of parts.entries()) {
      const isLeaf = depth === parts.length - 1;
      const next = at.children.get(part) ?? branch(isLeaf ? name : part);
      at.children.set(part, next);
      at = next;
    }
    at.asset = index;
  });
  const order = new Intl.Collator(undefined, { numeric: true });
  const nodes: TreeNode[] = [];
  const walk = (parent: Branch, path: string, level: number): void => {
    const children = [...parent.children].sort(([, a], [, b]) => order.compare(a.name, b.name));
    children.forEach(([part, child], i) => {
      const at = nodes.length;
      const id = path === "" ? part : `${path}/${part}`;
      const base = { name: child.name, level, place: i + 1, siblings: children.length };
      const leaf = child.asset === undefined ? {} : { asset: child.asset };
      nodes.push({
        id: leaf.asset === undefined ? id : (assets[leaf.asset]?.id ?? id),
        ...base,
        ...leaf,
        end: at + 1,
      });
      walk(child, id, level + 1);
      const made = nodes[at];
      if (made !== undefined) nodes[at] = { ...made, end: nodes.length };
    });
  };
  walk(root, "", 1);
  return nodes;
}

/** The most urgent state beneath each node. @param stateOf an asset's */
export function rollUpTree(tree: Tree, stateOf: (asset: number) => number, into: Uint8Array): void {
  const path: number[] = [];
  for (let n = 0; n < tree.length; n += 1) {
    const node = tree[n];
    if (node === undefined) continue;
    path.length = node.level - 1;
    const state = node.asset === undefined ? 0 : stateOf(node.asset);
    into[n] = state;
    for (const above of path) if (urgencyOf(state) > urgencyOf(into[above] ?? 0)) into[above] = state;
    path.push(n);
  }
}

/** Indices of the nodes that stand in the list.
 *  @param isKept undefined: all of them; else those, with all that holds them, open */
export function openNodes(
  tree: Tree,
  isOpen: (id: string) => boolean,
  isKept?: (node: number) => boolean,
): readonly number[] {
  const rows: number[] = [];
  for (let n = 0; n < tree.length; ) {
    const node = tree[n];
    if (node === undefined) break;
    if (isKept !== undefined && !isKept(n)) {
      n = node.end;
      continue;
    }
    rows.push(n);
    n = node.end === n + 1 || isKept !== undefined || isOpen(node.id) ? n + 1 : node.end;
  }
  return rows;
}

/** The node that holds this one. */
export function parentOf(tree: Tree, node: number): number | undefined {
  const level = tree[node]?.level ?? 1;
  for (let n = node - 1; n >= 0; n -= 1) if ((tree[n]?.level ?? 0) < level) return n;
  return undefined;
}
