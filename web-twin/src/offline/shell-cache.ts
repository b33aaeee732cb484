/** What the build tells its service worker. */
export interface Shell {
  /** Another one for each build. */
  readonly version: string;
  /** The page's files, relative to it; the page itself is "./". */
  readonly files: readonly string[];
}

export interface ShellCacheDeps {
  readonly caches: CacheStorage;
  readonly fetch: (request: Request | string, init?: RequestInit) => Promise<Response>;
  /** Where the page lies. */
  readonly scope: string;
}

/** Keeps the page so that it starts without the agent. */
export interface ShellCache {
  install(): Promise<void>;
  /** Removes what older builds kept, except the last one: a window that still shows it fetches parts of it later. */
  activate(): Promise<void>;
  /** Undefined: not a matter of this cache, the network answers. */
  answer(request: Request): Promise<Response> | undefined;
}

const PREFIX = "stethos-shell-";
const LAYOUT_CACHE = "stethos-layout";
const KEPT_BUILDS = 2;
/** The network's turn to bring the newest page; a plant's agent answers at once or not at all. */
const NETWORK_MS = 3_000;

export function createShellCache({ version, files }: Shell, deps: ShellCacheDeps): ShellCache {
  const { caches, scope } = deps;
  const name = `${PREFIX}${version}`;
  const addressOf = (file: string): string => new URL(file, scope).href;
  const known = new Set(files.map(addressOf));
  const layoutAddress = addressOf("v1/layout");

  const fromCache = async (address: string): Promise<Response | undefined> =>
    (await caches.match(address, { cacheName: name })) ?? (await caches.match(address));

  /** The network's answer, whatever it says; where it gives none, the kept one. */
  const networkFirst = async (request: Request, kept: string): Promise<Response> => {
    try {
      return await deps.fetch(request, { signal: AbortSignal.timeout(NETWORK_MS) });
    } catch (error) {
      const found = await fromCache(kept);
      if (found === undefined) throw error;
      return found;
    }
  };

  const page = (request: Request): Promise<Response> => networkFirst(request, addressOf("./"));

  /** The one answer of the API that is kept: without it there is nothing to show the last snapshot in. */
  const layout = async (request: Request): Promise<Response> => {
    const response = await networkFirst(request, layoutAddress);
    const cache = await caches.open(LAYOUT_CACHE);
    if (response.ok && response.status === 200) await cache.put(layoutAddress, response.clone());
    // Who may not see the plant any more finds nothing of it here.
    if (response.status === 401) await cache.delete(layoutAddress);
    return response;
  };

  /** Files with a hash of their content in their name never change. */
  const file = async (request: Request): Promise<Response> =>
    (await fromCache(request.url)) ?? deps.fetch(request);

  return {
    async install() {
      const cache = await caches.open(name);
      await cache.addAll(files.map((each) => new Request(addressOf(each), { cache: "no-cache" })));
    },
    async activate() {
      const builds = (await caches.keys()).filter((each) => each.startsWith(PREFIX) && each !== name);
      // In the order in which they were made.
      const old = builds.slice(0, Math.max(0, builds.length - (KEPT_BUILDS - 1)));
      await Promise.all(old.map((each) => caches.delete(each)));
    },
    answer(request) {
      if (request.method !== "GET") return undefined;
      const { origin, pathname } = new URL(request.url);
      const address = `${origin}${pathname}`;
      if (request.mode === "navigate") return page(request);
      if (address === layoutAddress) return layout(request);
      const isAsset = address.startsWith(addressOf("assets/"));
      return isAsset || known.has(address) ? file(request) : undefined;
    },
  };
}
