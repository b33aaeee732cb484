import type { PlantLayout } from "./plant-layout.ts";

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a, 32 bit, over what both sides of the feed must agree on: which points there are, in which order, and how
 *  their values are carried. Where things stand and what they are called does not count. */
export function layoutHash(layout: PlantLayout): number {
  let hash = OFFSET_BASIS;
  const mix = (text: string): void => {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
    hash = Math.imul(hash ^ 0x1f, PRIME);
  };
  for (const { id, unit, low, high } of layout.kinds)
    for (const one of [id, unit, low, high]) mix(String(one));
  for (const { id, points } of layout.templates) {
    mix(id);
    for (const { name, kind } of points) {
      mix(name);
      mix(kind);
    }
  }
  for (const { id, template } of layout.assets) {
    mix(id);
    mix(template);
  }
  return hash >>> 0;
}
