import type { Settings } from "../platform.ts";

/** A view with a name: the address that leads to it. */
export interface Bookmark {
  readonly name: string;
  /** From the "#" on. */
  readonly hash: string;
}

/** Views that somebody named, kept on this screen. */
export interface Bookmarks {
  all(): readonly Bookmark[];
  /** In the place of the one of the same name. False where there is no room left. */
  add(bookmark: Bookmark): boolean;
  remove(name: string): void;
}

export const MOST_BOOKMARKS = 30;
const KEY = "bookmarks";

function isBookmark(value: unknown): value is Bookmark {
  if (typeof value !== "object" || value === null) return false;
  const { name, hash } = value as Partial<Record<keyof Bookmark, unknown>>;
  return typeof name === "string" && typeof hash === "string" && hash.startsWith("#");
}

/** What was kept, as far as it can be read: an older page or a hand may have written it. */
function read(text: string | null): readonly Bookmark[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isBookmark).slice(0, MOST_BOOKMARKS) : [];
  } catch {
    // Not JSON: nothing was kept.
    return [];
  }
}

export function createBookmarks(settings: Settings): Bookmarks {
  const all = (): readonly Bookmark[] => read(settings.get(KEY));
  const keep = (bookmarks: readonly Bookmark[]): void => settings.set(KEY, JSON.stringify(bookmarks));
  return {
    all,
    add(bookmark) {
      const others = all().filter(({ name }) => name !== bookmark.name);
      if (others.length >= MOST_BOOKMARKS) return false;
      keep([...others, bookmark]);
      return true;
    },
    remove: (name) => keep(all().filter((one) => one.name !== name)),
  };
}
