import type { ExpandedLayout } from "@stethos/edge-agent/core";
import { BufferAttribute, BufferGeometry, type Material, Mesh, type Scene, Sphere, Vector3 } from "three";
import { type Block, cutBlocks } from "./blocks.ts";
import {
  createMerger,
  floorsOf,
  type Merged,
  type Merger,
  placeOfAsset,
  plainShape,
  type Shape,
  shapeOf,
} from "./merge.ts";

/** Smaller assets are a plain box: their parts could hardly be seen, pixels. A processor that draws takes longer for the
 *  parts of a whole plant than for everything else; it draws them where single points are drawn as well. */
const SMALLEST_PX = { card: 9, software: 24 } as const;
/** Corners of the parts of all blocks together: some 60 MB. */
const MOST_CORNERS = 3_500_000;
/** Assets that are merged between two looks at the clock. */
const STRIDE = 32;

/** Floors and equipment: at first one box an asset, then the parts of what stands near. */
export interface PlantLayer {
  /** @param pixels [assets]: height of each in the picture; what is large enough gets its parts */
  want(pixels: Float32Array): void;
  /** Merges parts until it is done or the time is over.
   *  @returns whether there is more to do */
  work(isOver: () => boolean): boolean;
  /** Blocks got parts since the last call: draw anew. */
  takeNews(): boolean;
  dispose(): void;
}

interface DrawnBlock extends Block {
  readonly plain: Mesh;
  parts?: { readonly mesh: Mesh; readonly corners: number };
  pixels: number;
}

export interface PlantMaterials {
  readonly floor: Material;
  readonly equipment: Material;
}

export function meshOf({ position, grey, index }: Merged, material: Material): Mesh {
  const geometry = new BufferGeometry()
    .setAttribute("position", new BufferAttribute(position, 3))
    .setAttribute("grey", new BufferAttribute(grey, 1, true))
    .setIndex(new BufferAttribute(index, 1));
  const mesh = new Mesh(geometry, material);
  mesh.matrixAutoUpdate = false;
  return mesh;
}

const ballAround = (box: readonly number[]): Sphere => {
  const [x0 = 0, y0 = 0, z0 = 0, x1 = 0, y1 = 0, z1 = 0] = box;
  const middle = new Vector3((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2);
  return new Sphere(middle, Math.hypot(x1 - x0, y1 - y0, z1 - z0) / 2);
};

/** What each asset looks like, by its template. */
function createShapes({ layout }: ExpandedLayout): {
  readonly plain: (a: number) => Shape;
  readonly parts: (a: number) => Shape;
} {
  const templates = new Map(layout.templates.map((template) => [template.id, template]));
  const plain = new Map(layout.templates.map(({ id, size }) => [id, plainShape(size)]));
  const parts = new Map<string, Shape>();
  const nothing = shapeOf([]);
  const idOf = (a: number): string => layout.assets[a]?.template ?? "";
  return {
    plain: (a) => plain.get(idOf(a)) ?? nothing,
    parts(a) {
      const id = idOf(a);
      const known = parts.get(id) ?? shapeOf(templates.get(id)?.parts ?? []);
      parts.set(id, known);
      return known;
    },
  };
}

function roomFor(assets: Uint32Array, shape: (a: number) => Shape): { merger: Merger; corners: number } {
  let corners = 0;
  let indices = 0;
  for (const a of assets) {
    corners += shape(a).grey.length;
    indices += shape(a).index.length;
  }
  return { merger: createMerger(corners, indices), corners };
}

export function createPlantLayer(
  scene: Scene,
  layout: ExpandedLayout,
  materials: PlantMaterials,
  drawnBy: keyof typeof SMALLEST_PX,
): PlantLayer {
  const smallestPx = SMALLEST_PX[drawnBy];
  const shapes = createShapes(layout);
  const floors = meshOf(floorsOf(layout.layout.areas), materials.floor);
  floors.frustumCulled = false;
  scene.add(floors);

  const blocks: readonly DrawnBlock[] = cutBlocks(layout.box).map((block) => {
    const { merger } = roomFor(block.assets, shapes.plain);
    for (const a of block.assets) merger.add(shapes.plain(a), placeOfAsset(layout, a));
    const plain = meshOf(merger.merged(), materials.equipment);
    plain.geometry.boundingSphere = ballAround(block.box);
    scene.add(plain);
    return { ...block, plain, pixels: 0 };
  });
  let queue: DrawnBlock[] = [];
  let current: { block: DrawnBlock; merger: Merger; corners: number; next: number } | undefined;
  let corners = 0;
  let isNew = false;

  const drop = (block: DrawnBlock): void => {
    if (block.parts === undefined) return;
    scene.remove(block.parts.mesh);
    block.parts.mesh.geometry.dispose();
    corners -= block.parts.corners;
    delete block.parts;
    block.plain.visible = true;
  };

  /** Room for more, at the cost of what is farthest. */
  const makeRoom = (wanted: number, pixels: number): boolean => {
    const others = blocks.filter((b) => b.parts !== undefined && b.pixels < pixels);
    others.sort((a, b) => a.pixels - b.pixels);
    for (const block of others) {
      if (corners + wanted <= MOST_CORNERS) break;
      drop(block);
    }
    return corners + wanted <= MOST_CORNERS;
  };

  const start = (): boolean => {
    const block = queue.shift();
    if (block === undefined) return false;
    const room = roomFor(block.assets, shapes.parts);
    if (!makeRoom(room.corners, block.pixels)) {
      queue = [];
      return false;
    }
    current = { ...room, block, next: 0 };
    return true;
  };

  const finish = (): void => {
    if (current === undefined) return;
    const { block, merger } = current;
    const mesh = meshOf(merger.merged(), materials.equipment);
    mesh.geometry.boundingSphere = ballAround(block.box);
    scene.add(mesh);
    block.parts = { mesh, corners: current.corners };
    block.plain.visible = false;
    corners += current.corners;
    current = undefined;
    isNew = true;
  };

  return {
    want(pixels) {
      for (const block of blocks) {
        let most = 0;
        for (const a of block.assets) most = Math.max(most, pixels[a] ?? 0);
        block.pixels = most;
        if (block.parts === undefined) continue;
        // What has parts keeps them, but far away its plain boxes are the cheaper ones to draw.
        const isNear = most >= smallestPx * 0.8 || most === 0;
        block.parts.mesh.visible = isNear;
        block.plain.visible = !isNear;
      }
      queue = blocks.filter(
        (block) => block.pixels >= smallestPx && block.parts === undefined && block !== current?.block,
      );
      queue.sort((a, b) => b.pixels - a.pixels);
    },
    work(isOver) {
      while (current !== undefined || start()) {
        if (current === undefined) break;
        const { block, merger } = current;
        const end = Math.min(block.assets.length, current.next + STRIDE);
        for (; current.next < end; current.next += 1) {
          const a = block.assets[current.next] ?? 0;
          merger.add(shapes.parts(a), placeOfAsset(layout, a));
        }
        if (current.next >= block.assets.length) finish();
        if (isOver()) break;
      }
      return current !== undefined || queue.length > 0;
    },
    takeNews() {
      const was = isNew;
      isNew = false;
      return was;
    },
    dispose() {
      scene.remove(floors);
      floors.geometry.dispose();
      for (const block of blocks) {
        drop(block);
        scene.remove(block.plain);
        block.plain.geometry.dispose();
      }
    },
  };
}
