import type { ExpandedLayout } from "@stethos/edge-agent/core";
import { BufferAttribute, BufferGeometry, type Material, Mesh, type Scene, Sphere, Vector3 } from "three";
import { type Block, cutBlocks } from "./blocks.ts";
import { floorsOf, type Merged, placeOfAsset } from "./merge.ts";
import type { Models } from "./models.ts";
import { cornersOf, createShapes, type Room, roomFor } from "./shapes.ts";

/** Smaller assets are a plain box: their parts could hardly be seen, pixels. A processor that draws takes longer for the
 *  parts of a whole plant than for everything else; it draws them where single points are drawn as well. */
const SMALLEST_PX = { card: 9, software: 24 } as const;
/** Corners of the parts of all blocks together: some 60 MB. */
const MOST_CORNERS = 3_500_000;
/** Of one block, with the models of its templates: where it would have more, its assets keep their parts. */
const MOST_MODEL_CORNERS = { card: 1_500_000, software: 200_000 } as const;
/** Corners that are merged between two looks at the clock. */
const STRIDE = 8_000;

/** Floors and equipment: at first one box an asset, then the parts of what stands near. */
export interface PlantLayer {
  /** @param pixels [assets]: height of each in the picture; what is large enough gets its parts */
  want(pixels: Float32Array): void;
  /** A template has a model now: what stands near gets it. */
  modelCame(template: string): void;
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
  /** Its parts were made before a model came. */
  isOld: boolean;
}

interface Begun {
  readonly block: DrawnBlock;
  readonly room: Room;
  next: number;
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

export function createPlantLayer(
  scene: Scene,
  layout: ExpandedLayout,
  materials: PlantMaterials,
  { drawnBy, models }: { readonly drawnBy: keyof typeof SMALLEST_PX; readonly models: Models },
): PlantLayer {
  const smallestPx = SMALLEST_PX[drawnBy];
  const mostModelCorners = MOST_MODEL_CORNERS[drawnBy];
  const shapes = createShapes(layout, models);
  const floors = meshOf(floorsOf(layout.layout.areas), materials.floor);
  floors.frustumCulled = false;
  scene.add(floors);

  const blocks: readonly DrawnBlock[] = cutBlocks(layout.box).map((block) => {
    const { merger, shapes: boxes } = roomFor(block.assets, shapes.plain);
    block.assets.forEach((a, i) => {
      const box = boxes[i];
      if (box !== undefined) merger.add(box, placeOfAsset(layout, a));
    });
    const plain = meshOf(merger.merged(), materials.equipment);
    plain.geometry.boundingSphere = ballAround(block.box);
    scene.add(plain);
    return { ...block, plain, pixels: 0, isOld: false };
  });
  let queue: DrawnBlock[] = [];
  let current: Begun | undefined;
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

  const fillQueue = (): void => {
    queue = blocks.filter(
      (block) =>
        block.pixels >= smallestPx && (block.parts === undefined || block.isOld) && block !== current?.block,
    );
    queue.sort((a, b) => b.pixels - a.pixels);
  };

  const start = (): boolean => {
    const block = queue.shift();
    if (block === undefined) return false;
    block.isOld = false;
    const isRich = cornersOf(block.assets, shapes.best) <= mostModelCorners;
    const room = roomFor(block.assets, isRich ? shapes.best : shapes.parts);
    if (!makeRoom(room.corners, block.pixels)) {
      queue = [];
      return false;
    }
    current = { block, room, next: 0 };
    return true;
  };

  const addSome = (begun: Begun): void => {
    const { block, room } = begun;
    for (let added = 0; added < STRIDE && begun.next < room.shapes.length; begun.next += 1) {
      const shape = room.shapes[begun.next];
      if (shape === undefined) break;
      room.merger.add(shape, placeOfAsset(layout, block.assets[begun.next] ?? 0));
      added += shape.grey.length + 1;
    }
  };

  const finish = (): void => {
    if (current === undefined) return;
    const { block, room } = current;
    drop(block);
    const mesh = meshOf(room.merger.merged(), materials.equipment);
    mesh.geometry.boundingSphere = ballAround(block.box);
    scene.add(mesh);
    block.parts = { mesh, corners: room.corners };
    block.plain.visible = false;
    corners += room.corners;
    current = undefined;
    isNew = true;
    if (block.isOld) queue.push(block);
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
      fillQueue();
    },
    modelCame(template) {
      const has = (a: number): boolean => layout.layout.assets[a]?.template === template;
      for (const block of blocks) block.isOld ||= block.assets.some(has);
      fillQueue();
    },
    work(isOver) {
      while (current !== undefined || start()) {
        if (current === undefined) break;
        addSome(current);
        if (current.next >= current.room.shapes.length) finish();
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
