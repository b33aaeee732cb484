import type { ExpandedLayout } from "@stethos/edge-agent/core";
import { createMerger, type Merger, plainShape, type Shape, shapeOf } from "./merge.ts";
import type { Models } from "./models.ts";

/** What each asset looks like, by its template. */
export interface Shapes {
  /** One box. */
  plain(a: number): Shape;
  /** Its parts as the layout tells them. */
  parts(a: number): Shape;
  /** Its model where that has come, else its parts. */
  best(a: number): Shape;
}

export function createShapes({ layout }: ExpandedLayout, models: Models): Shapes {
  const templates = new Map(layout.templates.map((template) => [template.id, template]));
  const plain = new Map(layout.templates.map(({ id, size }) => [id, plainShape(size)]));
  const made = new Map<string, Shape>();
  const nothing = shapeOf([]);
  const idOf = (a: number): string => layout.assets[a]?.template ?? "";
  const parts = (a: number): Shape => {
    const id = idOf(a);
    const known = made.get(id) ?? shapeOf(templates.get(id)?.parts ?? []);
    made.set(id, known);
    return known;
  };
  return {
    plain: (a) => plain.get(idOf(a)) ?? nothing,
    parts,
    best(a) {
      const template = templates.get(idOf(a));
      return (template === undefined ? undefined : models.shapeOf(template)) ?? parts(a);
    },
  };
}

/** Shapes of some assets as they are now, whatever comes later, and room to put them together. */
export interface Room {
  readonly merger: Merger;
  readonly shapes: readonly Shape[];
  readonly corners: number;
}

export const cornersOf = (assets: Uint32Array, shape: (a: number) => Shape): number =>
  assets.reduce((sum, a) => sum + shape(a).grey.length, 0);

export function roomFor(assets: Uint32Array, shape: (a: number) => Shape): Room {
  const shapes = Array.from(assets, shape);
  const corners = cornersOf(assets, shape);
  const indices = shapes.reduce((sum, { index }) => sum + index.length, 0);
  return { merger: createMerger(corners, indices), shapes, corners };
}
