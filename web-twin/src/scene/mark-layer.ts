import { BufferAttribute, BufferGeometry, type Material, Mesh, type Scene } from "three";
import { channels } from "./palette.ts";
import type { FloorTriangles } from "./ring.ts";

/** Something drawn flat on the floor. */
export interface Mark {
  readonly triangles: FloorTriangles;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** "#rrggbb" */
  readonly colour: string;
}

/** The rings of the machines and the frame of what is selected, in one draw call. */
export interface MarkLayer {
  show(marks: readonly Mark[]): void;
  dispose(): void;
}

function geometryOf(marks: readonly Mark[]): BufferGeometry {
  const corners = marks.reduce((sum, { triangles }) => sum + triangles.length / 2, 0);
  const position = new Float32Array(3 * corners);
  const tone = new Uint8Array(3 * corners);
  let c = 0;
  for (const { triangles, x, y, z, colour } of marks) {
    const rgb = channels(colour).map((part) => Math.round(255 * part));
    for (let i = 0; i < triangles.length; i += 2, c += 3) {
      position[c] = x + (triangles[i] ?? 0);
      position[c + 1] = y;
      position[c + 2] = z + (triangles[i + 1] ?? 0);
      tone.set(rgb, c);
    }
  }
  return new BufferGeometry()
    .setAttribute("position", new BufferAttribute(position, 3))
    .setAttribute("tone", new BufferAttribute(tone, 3, true));
}

export function createMarkLayer(scene: Scene, material: Material): MarkLayer {
  const mesh = new Mesh(new BufferGeometry(), material);
  mesh.frustumCulled = false;
  mesh.matrixAutoUpdate = false;
  mesh.visible = false;
  scene.add(mesh);
  return {
    show(marks) {
      mesh.geometry.dispose();
      mesh.visible = marks.length > 0;
      mesh.geometry = geometryOf(marks);
    },
    dispose() {
      scene.remove(mesh);
      mesh.geometry.dispose();
    },
  };
}
