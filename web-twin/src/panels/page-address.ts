import { goTo, placeHash, placeOf, readPlace } from "../state/place.ts";
import type { Store, View } from "../state/store.ts";

/** The page and its address say the same. */
export interface PageAddress {
  show(view: View): void;
  dispose(): void;
}

/** The store follows the address, the address the store; what others write behind a "?" belongs to the same page. */
export function followPageAddress(store: Store): PageAddress {
  const abort = new AbortController();
  const follow = (): void => {
    const place = readPlace(location.hash);
    if (place !== undefined && placeHash(place) !== placeHash(placeOf(store.view()))) goTo(store, place);
  };
  addEventListener("hashchange", follow, { signal: abort.signal });
  follow();
  return {
    show(view) {
      const hash = placeHash(placeOf(view));
      const here = readPlace(location.hash) ?? { page: "plant", manner: "scene" };
      if (placeHash(here) !== hash) history.pushState(null, "", hash);
    },
    dispose: () => abort.abort(),
  };
}
