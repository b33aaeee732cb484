const addressOf = (request: RequestInfo | URL): string =>
  request instanceof Request ? request.url : String(request);

/** The browser's caches in memory, as far as the page uses them.
 *  @param fetch what addAll brings */
export function createFakeCaches(fetch: (address: string) => Promise<Response>): CacheStorage {
  const all = new Map<string, Map<string, Response>>();
  const open = (name: string): Map<string, Response> => {
    const found = all.get(name) ?? new Map<string, Response>();
    all.set(name, found);
    return found;
  };
  const cacheOf = (kept: Map<string, Response>) => ({
    async addAll(requests: readonly RequestInfo[]) {
      for (const request of requests) kept.set(addressOf(request), await fetch(addressOf(request)));
    },
    async put(request: RequestInfo | URL, response: Response) {
      kept.set(addressOf(request), response);
    },
    delete: async (request: RequestInfo | URL) => kept.delete(addressOf(request)),
  });
  const caches = {
    open: async (name: string) => cacheOf(open(name)),
    keys: async () => [...all.keys()],
    delete: async (name: string) => all.delete(name),
    async match(request: RequestInfo | URL, options?: { cacheName?: string }) {
      const wanted = options?.cacheName;
      const from = wanted === undefined ? [...all.values()] : [all.get(wanted)];
      return from
        .map((kept) => kept?.get(addressOf(request)))
        .find((found) => found !== undefined)
        ?.clone();
    },
  };
  return caches as unknown as CacheStorage;
}
