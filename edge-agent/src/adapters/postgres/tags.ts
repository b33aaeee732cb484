import type { OutboundTag, OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Link } from "./link.ts";
import { storableText } from "./text.ts";

/** The database's numbers of tags. What a transaction added is known for good when it is committed. */
export interface TagIds {
  /** Adds and updates what is missing or has changed, within the transaction that is open. */
  resolve(link: Pick<Link, "query">, batches: readonly OutboxBatch[], signal: AbortSignal): Promise<void>;
  /** By the index into the batch's tags; owned by the caller's next call. */
  of(node: string, tags: readonly OutboundTag[]): Int32Array;
  commit(): void;
  /** Forgets what was resolved since the last commit. */
  rollback(): void;
}

interface Known {
  readonly id: number;
  readonly tag: OutboundTag;
}

interface FoundTag {
  readonly id: number;
  readonly name: string;
  readonly unit: string;
  readonly device: string;
  readonly protocol: string;
  readonly address: string;
}

export function createTagIds(): TagIds {
  const committed = createKnownTags();
  let pending = createKnownTags();
  // Batches of one run may share their list of tags.
  let byList = new WeakMap<readonly OutboundTag[], { readonly node: string; readonly ids: Int32Array }>();

  return {
    async resolve(link, batches, signal) {
      const isListed = (node: string, tags: readonly OutboundTag[]) => byList.get(tags)?.node === node;
      for (const [node, missing] of missingOf(batches, committed, isListed)) {
        for (const known of await store(link, node, missing, signal)) pending.learn(node, known);
      }
    },
    of(node, tags) {
      const listed = byList.get(tags);
      if (listed?.node === node) return listed.ids;
      const ids = Int32Array.from(
        tags,
        (tag) => (pending.find(node, tag) ?? committed.find(node, tag))?.id ?? 0,
      );
      if (pending.isEmpty) byList.set(tags, { node, ids });
      return ids;
    },
    commit() {
      if (pending.isEmpty) return;
      pending.moveTo(committed);
      pending = createKnownTags();
      byList = new WeakMap();
    },
    rollback() {
      pending = createKnownTags();
    },
  };
}

interface KnownTags {
  readonly isEmpty: boolean;
  find(node: string, tag: OutboundTag): Known | undefined;
  learn(node: string, known: Known): void;
  moveTo(other: KnownTags): void;
}

/** By node, by id of the tag, then by unit, of which there is hardly ever more than one. */
function createKnownTags(): KnownTags {
  const nodes = new Map<string, Map<string, Map<string, Known>>>();
  return {
    get isEmpty() {
      return nodes.size === 0;
    },
    find: (node, tag) => nodes.get(node)?.get(tag.id)?.get(tag.unit),
    learn(node, known) {
      const tags = nodes.get(node) ?? new Map<string, Map<string, Known>>();
      const units = tags.get(known.tag.id) ?? new Map<string, Known>();
      nodes.set(node, tags.set(known.tag.id, units.set(known.tag.unit, known)));
    },
    moveTo(other) {
      for (const [node, tags] of nodes) {
        for (const units of tags.values()) {
          for (const known of units.values()) other.learn(node, known);
        }
      }
    },
  };
}

/** Tags that are not known as they are now, of each node; the newest of each. */
function missingOf(
  batches: readonly OutboxBatch[],
  committed: KnownTags,
  isListed: (node: string, tags: readonly OutboundTag[]) => boolean,
): Map<string, OutboundTag[]> {
  const missing = new Map<string, Map<string, OutboundTag>>();
  for (const { node, content } of batches) {
    if (content.stream !== "readings" || isListed(node, content.tags)) continue;
    for (const tag of content.tags) {
      const known = committed.find(node, tag)?.tag;
      if (known !== undefined && isSame(known, tag)) continue;
      const ofNode = missing.get(node) ?? new Map<string, OutboundTag>();
      missing.set(node, ofNode.set(keyOf(tag.id, tag.unit), tag));
    }
  }
  return new Map([...missing].map(([node, tags]) => [node, [...tags.values()]]));
}

async function store(
  link: Pick<Link, "query">,
  node: string,
  tags: readonly OutboundTag[],
  signal: AbortSignal,
): Promise<Known[]> {
  const nodeText = storableText(node);
  const texts = (of: (tag: OutboundTag) => string, some: readonly OutboundTag[]) =>
    some.map((tag) => storableText(of(tag)));
  // Looked for first: an upsert of what is there would use up an id each time.
  const found = await link.query<FoundTag>(
    "SELECT id, name, unit, device, protocol, address FROM tag WHERE node = $1 AND name = ANY($2)",
    signal,
    [nodeText, texts((tag) => tag.id, tags)],
  );
  const there = new Map(found.map((row) => [keyOf(row.name, row.unit), row]));
  const rowOf = (tag: OutboundTag) => there.get(keyOf(storableText(tag.id), storableText(tag.unit)));
  const changed = tags.filter((tag) => !isStored(rowOf(tag), tag));
  if (changed.length > 0) {
    const stored = await link.query<FoundTag>(
      `INSERT INTO tag AS old (node, name, unit, device, protocol, address)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       ON CONFLICT (node, name, unit) DO UPDATE
       SET device = excluded.device, protocol = excluded.protocol, address = excluded.address
       RETURNING id, name, unit, device, protocol, address`,
      signal,
      [
        nodeText,
        texts((tag) => tag.id, changed),
        texts((tag) => tag.unit, changed),
        texts((tag) => tag.device, changed),
        texts((tag) => tag.protocol, changed),
        texts((tag) => tag.address, changed),
      ],
    );
    for (const row of stored) there.set(keyOf(row.name, row.unit), row);
  }
  return tags.map((tag) => {
    const id = rowOf(tag)?.id;
    if (id === undefined) throw new RangeError(`the database gave no id for tag ${tag.id}`);
    return { id, tag };
  });
}

const keyOf = (name: string, unit: string): string => `${name}\n${unit}`;

const isSame = (known: OutboundTag, tag: OutboundTag): boolean =>
  known === tag ||
  (known.device === tag.device && known.protocol === tag.protocol && known.address === tag.address);

const isStored = (row: FoundTag | undefined, tag: OutboundTag): boolean =>
  row !== undefined &&
  row.device === storableText(tag.device) &&
  row.protocol === tag.protocol &&
  row.address === storableText(tag.address);
