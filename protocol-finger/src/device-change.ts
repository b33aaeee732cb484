import type { Fingerprint } from "./fingerprint.ts";

/** What a device keeps for as long as it is the same one. */
const IDENTITY = {
  mac: "MAC",
  orderNumber: "order number",
  serial: "serial number",
  firmware: "firmware",
} as const satisfies Partial<Record<keyof Fingerprint, string>>;

type Identity = Partial<Readonly<Record<keyof typeof IDENTITY, string>>>;

/** In words, how a device differs from what it was; undefined where it is the same, as far as both are known. */
export function changeOf(earlier: Identity, now: Identity): string | undefined {
  const changes = Object.entries(IDENTITY).flatMap(([key, name]) => {
    const before = earlier[key as keyof Identity];
    const after = now[key as keyof Identity];
    return before === undefined || after === undefined || before === after
      ? []
      : [`${name} ${after} where it was ${before}`];
  });
  return changes.length === 0 ? undefined : changes.join(", ");
}
