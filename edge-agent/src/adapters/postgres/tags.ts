import type { OutboundTag, OutboxBatch } from "../../core/outbox/outbound.ts";
import type { Link } from "./link.ts";
import { storableText } from "./text.ts";

/** The database's numbers of tags. What a transaction added is known for good when it is committed. */
export interface TagIds {
  /** Adds and updates what is missing or has changed, within the transaction that is open. */
  resolve(link: Pick<Link, "query">, batches: readonly OutboxBatch[], signal: AbortSignal): Promise<void>;
  /** By the index into the batch's tags, after they were resolved. */
  of(node: string, tags: readonly OutboundTag[]): Int32Array;
  commit(): void;
  /** Forgets what was resolved since the last commit. */
  rollback(): void;
  /** Asks for each tag again: another connection may lead to a database that was restored. */
  forget(): void;
}

interface Known {
  readonly node: string;
  readonly id: number;
  /** As it was stored last. */
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
  let committed = createKnownTags();
  let pending = createKnownTags();
  // Filled by resolve for the writing that follows.
  let byList = new Map<readonly OutboundTag[], { readonly node: string; readonly ids: Int32Array }>();

  function idsOf(node: string, tags: readonly OutboundTag[]): Int32Array {
    const ids = new Int32Array(tags.length);
    for (const [i, tag] of tags.entries()) {
      ids[i] = (pending.find(node, tag) ?? committed.find(node, tag))?.id ?? 0;
    }
    return ids;
  }

  return {
    async resolve(link, batches, signal) {
      byList = new Map();
      const missing = new Map<string, Map<string, OutboundTag>>();
      for (const { node, content } of batches) {
        if (content.stream !== "readings" || byList.get(content.tags)?.node === node) continue;
        const ids = new Int32Array(content.tags.length);
        const unknown = fillKnown(ids, node, content.tags, committed);
        if (unknown.length === 0) byList.set(content.tags, { node, ids });
        const ofNode = missing.get(node) ?? new Map<string, OutboundTag>();
        for (const tag of unknown) missing.set(node, ofNode.set(keyOf(tag.id, tag.unit), tag));
      }
      for (const [node, tags] of missing) {
        for (const known of await store(link, node, [...tags.values()], signal)) pending.learn(known);
      }
    },
    of(node, tags) {
      const listed = byList.get(tags);
      return listed?.node === node ? listed.ids : idsOf(node, tags);
    },
    commit() {
      pending.moveTo(committed);
      pending = createKnownTags();
    },
    rollback() {
      pending = createKnownTags();
    },
    forget() {
      committed = createKnownTags();
      pending = createKnownTags();
      byList = new Map();
    },
  };
}

/** @returns tags that are not known as they are now */
function fillKnown(
  ids: Int32Array,
  node: string,
  tags: readonly OutboundTag[],
  committed: KnownTags,
): OutboundTag[] {
  const unknown: OutboundTag[] = [];
  for (let i = 0; i < tags.length; i += 1) {
    const tag = tags[i];
    if (tag === undefined) continue;
    const known = committed.find(node, tag);
    if (known !== undefined && isSame(known.tag, tag)) ids[i] = known.id;
    else unknown.push(tag);
  }
  return unknown;
}

interface KnownTags {
  find(node: string, tag: OutboundTag): Known | undefined;
  learn(known: Known): void;
  moveTo(other: KnownTags): void;
}

/** By node, by id of the tag, then by unit, of which there is hardly ever more than one. */
function createKnownTags(): KnownTags {
  const nodes = new Map<string, Map<string, Map<string, Known>>>();
  // The outbox names a tag by the same object each time: then nothing has to be compared.
  let byObject = new WeakMap<OutboundTag, Known>();
  return {
    find(node, tag) {
      const seen = byObject.get(tag);
      if (seen?.node === node) return seen;
      const known = nodes.get(node)?.get(tag.id)?.get(tag.unit);
      if (known !== undefined && isSame(known.tag, tag)) byObject.set(tag, known);
      return known;
    },
    learn(known) {
      const tags = nodes.get(known.node) ?? new Map<string, Map<string, Known>>();
      const units = tags.get(known.tag.id) ?? new Map<string, Known>();
      const before = units.get(known.tag.unit);
      // A tag may become again what it was.
      if (before !== undefined) byObject = new WeakMap();
      nodes.set(known.node, tags.set(known.tag.id, units.set(known.tag.unit, known)));
    },
    moveTo(other) {
      for (const tags of nodes.values()) {
        for (const units of tags.values()) {
          for (const known of units.values()) other.learn(known);
        }
      }
    },
  };
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
    return { node, id, tag };
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
