import type { Manner, Page, Store, View } from "./store.ts";

/** Which page is shown, and how the plant is. */
export type Place =
  | { readonly page: Exclude<Page, "plant"> }
  | { readonly page: "plant"; readonly manner: Manner };

const MANNERS: readonly Manner[] = ["scene", "plan", "table"];
const PAGES = ["alarms", "trends", "models"] as const;

export const placeOf = ({ page, manner }: Pick<View, "manner" | "page">): Place =>
  page === "plant" ? { page, manner } : { page };

/** The part of an address that leads there: "#/plant/plan", "#/alarms". */
export const placeHash = (place: Place): string =>
  place.page === "plant" ? `#/plant/${place.manner}` : `#/${place.page}`;

/** @returns undefined where the address names no place; what follows a "?" is others' */
export function readPlace(hash: string): Place | undefined {
  const [first, second] = hash.replace(/^#\/?/u, "").split("?", 1).join("").split("/");
  if (first === "plant") {
    const manner = MANNERS.find((each) => each === second) ?? "scene";
    return { page: "plant", manner };
  }
  const page = PAGES.find((each) => each === first);
  return page === undefined ? undefined : { page };
}

export function goTo(store: Pick<Store, "openPage" | "showAs">, place: Place): void {
  if (place.page === "plant") store.showAs(place.manner);
  else store.openPage(place.page);
}
