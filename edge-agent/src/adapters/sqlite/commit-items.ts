import { faultOf } from "./database.ts";

export interface ItemsWriter<I> {
  /** All of them or none. */
  write(items: readonly I[]): void;
  /** Writes one and takes it back. @throws what writing it throws */
  rehearse(item: I): void;
  /** It cannot be written whatever the disk does. */
  refuse(item: I, thrown: unknown): void;
}

/** Writes items; where one of them cannot be written whatever the disk does, those that came with it must not suffer.
 *  @returns those that were written
 *  @throws what the disk or the file is to blame for */
export function commitItems<I>(items: readonly I[], how: ItemsWriter<I>): readonly I[] {
  try {
    how.write(items);
    return items;
  } catch (thrown) {
    if (!isItemsFault(thrown)) throw thrown;
  }
  const writable = items.filter((item) => isWritable(item, how));
  how.write(writable);
  return writable;
}

function isWritable<I>(item: I, how: ItemsWriter<I>): boolean {
  try {
    how.rehearse(item);
    return true;
  } catch (thrown) {
    if (!isItemsFault(thrown)) throw thrown;
    how.refuse(item, thrown);
    return false;
  }
}

/** Neither the disk's nor the file's. */
const isItemsFault = (thrown: unknown): boolean => (faultOf(thrown) ?? "other") === "other";
