import type { OutboundTag } from "../../../core/outbox/outbound.ts";
import { PROTOCOLS } from "../../../core/tag.ts";
import type { Database } from "../database.ts";
import { textChecksum } from "./checksum.ts";

/** Tags by keys that never change: a batch names its tags by these. A tag that is described anew gets a new key. */
export interface TagTable {
  /** Within a transaction: gives a key to each. The keys of tags that are registered hold from now on. */
  register(tags: readonly OutboundTag[]): void;
  /** Within a transaction. Key of tag number `tag` of those registered last, read over a protocol that its description
   *  may leave open; undefined where there is none.
   *  @param protocol place in PROTOCOLS and 1; 0 for the described one */
  keyOf(tag: number, protocol: number): number | undefined;
  find(key: number): OutboundTag | undefined;
  /** Something was rolled back: reads again what the file holds. */
  reload(): void;
}

export function createTagTable(db: Database): TagTable {
  const insert = db.prepare("INSERT INTO tag (key, json, crc) VALUES (?, ?, ?)");
  const all = db.prepare("SELECT key, json, crc FROM tag ORDER BY key");
  const tags = new Map<number, OutboundTag>();
  const keys = new Map<string, number>();
  let registered: readonly OutboundTag[] = [];
  let known: readonly (number | undefined)[][] = [];
  let newest = 0;

  function reload(): void {
    tags.clear();
    keys.clear();
    known = PROTOCOLS.map(() => []);
    for (const row of all.iterate()) {
      const key = Number(row["key"]);
      const json = String(row["json"]);
      newest = Math.max(newest, key);
      // A damaged one is not used again, and what names it is damaged too.
      if (textChecksum(key, json) !== Number(row["crc"])) continue;
      tags.set(key, JSON.parse(json) as OutboundTag);
      keys.set(json, key);
    }
  }

  function keyFor(tag: OutboundTag): number {
    const json = JSON.stringify(tag);
    const old = keys.get(json);
    if (old !== undefined) return old;
    newest += 1;
    insert.run(newest, json, textChecksum(newest, json));
    keys.set(json, newest);
    tags.set(newest, tag);
    return newest;
  }

  reload();
  return {
    register(list) {
      registered = list;
      known = [list.map(keyFor), ...PROTOCOLS.map(() => [])];
    },
    keyOf(tag, protocol) {
      const found = known[protocol]?.[tag];
      if (found !== undefined) return found;
      const description = registered[tag];
      const column = known[protocol];
      if (description === undefined || column === undefined) return undefined;
      const other = PROTOCOLS[protocol - 1] ?? description.protocol;
      const key = keyFor({ ...description, protocol: other });
      column[tag] = key;
      return key;
    },
    find: (key) => tags.get(key),
    reload() {
      reload();
      known = [[], ...PROTOCOLS.map(() => [])];
    },
  };
}
