import type { MachineDto } from "@stethos/edge-agent/core";
import {
  type BufferGeometry,
  Color,
  InstancedMesh,
  type Material,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  type Raycaster,
  type Scene,
} from "three";
import { areaGeometry, floorGeometry, mergedParts } from "./geometry.ts";
import { kindOf, type MachineKind } from "./kind.ts";
import type { PlantLayout, Spot } from "./layout.ts";
import { LOOKS, type RingName } from "./look.ts";
import { partsOf } from "./parts.ts";
import { frameTriangles, ringTriangles } from "./ring.ts";

const KINDS: readonly MachineKind[] = ["pump", "fan", "gearbox", "motor"];
const RINGS: readonly RingName[] = ["single", "double", "dashed", "dotted", "crossed"];

/** The plant in the scene: one draw call a kind of machine, one a kind of ring, one for the floors. */
export interface PlantMeshes {
  /** Colours and rings after the machines' health. */
  paint(machines: ReadonlyMap<string, MachineDto>): void;
  choose(machine: string | undefined): void;
  pick(caster: Raycaster): string | undefined;
  dispose(): void;
}

interface KindMesh {
  readonly mesh: InstancedMesh;
  readonly spots: readonly Spot[];
}

export function createPlantMeshes(
  scene: Scene,
  layout: PlantLayout,
  machines: ReadonlyMap<string, MachineDto>,
): PlantMeshes {
  const metal = new MeshLambertMaterial({ vertexColors: true });
  const paint = new MeshBasicMaterial();
  const white = new MeshBasicMaterial({ color: "#ffffff" });
  const matrix = new Matrix4();
  const colour = new Color();

  const instanced = (geometry: BufferGeometry, material: Material, count: number): InstancedMesh => {
    const mesh = new InstancedMesh(geometry, material, Math.max(1, count));
    mesh.count = count;
    scene.add(mesh);
    return mesh;
  };

  const floors = new Mesh(areaGeometry(layout.areas), metal);
  scene.add(floors);
  const kinds: readonly KindMesh[] = KINDS.map((kind) => {
    const spots = layout.machines.filter(({ id }) => {
      const machine = machines.get(id);
      return machine !== undefined && kindOf(machine) === kind;
    });
    const mesh = instanced(mergedParts(partsOf(kind)), metal, spots.length);
    spots.forEach(({ x, z }, i) => {
      mesh.setMatrixAt(i, matrix.makeTranslation(x, 0, z));
    });
    return { mesh, spots };
  });
  const rings = RINGS.map((ring) => ({
    ring,
    mesh: instanced(floorGeometry(ringTriangles(ring), 0.03), paint, layout.machines.length),
  }));
  // Which machines have a ring changes, and with it how far the rings of a kind reach.
  for (const { mesh } of rings) mesh.frustumCulled = false;
  const frame = new Mesh(floorGeometry(frameTriangles(), 0.04), white);
  frame.visible = false;
  scene.add(frame);

  const paintKind = ({ mesh, spots }: KindMesh, plant: ReadonlyMap<string, MachineDto>): void => {
    spots.forEach(({ id }, i) => {
      mesh.setColorAt(i, colour.set(LOOKS[plant.get(id)?.health.state ?? "unknown"].tint));
    });
    if (mesh.instanceColor !== null) mesh.instanceColor.needsUpdate = true;
  };

  const paintRings = (plant: ReadonlyMap<string, MachineDto>): void => {
    for (const { ring, mesh } of rings) {
      mesh.count = 0;
      for (const { id, x, z } of layout.machines) {
        const look = LOOKS[plant.get(id)?.health.state ?? "unknown"];
        if (look.ring !== ring) continue;
        mesh.setMatrixAt(mesh.count, matrix.makeTranslation(x, 0, z));
        mesh.setColorAt(mesh.count, colour.set(look.colour));
        mesh.count += 1;
      }
      mesh.instanceMatrix.needsUpdate = true;
      if (mesh.instanceColor !== null) mesh.instanceColor.needsUpdate = true;
    }
  };

  return {
    paint(plant) {
      for (const kind of kinds) paintKind(kind, plant);
      paintRings(plant);
    },
    choose(machine) {
      const spot = layout.machines.find(({ id }) => id === machine);
      frame.visible = spot !== undefined;
      if (spot !== undefined) frame.position.set(spot.x, 0, spot.z);
    },
    pick(caster) {
      const [hit] = caster.intersectObjects(
        kinds.map(({ mesh }) => mesh),
        false,
      );
      const kind = kinds.find(({ mesh }) => mesh === hit?.object);
      return kind?.spots[hit?.instanceId ?? -1]?.id;
    },
    dispose() {
      const meshes = [floors, frame, ...kinds.map(({ mesh }) => mesh), ...rings.map(({ mesh }) => mesh)];
      for (const mesh of meshes) {
        scene.remove(mesh);
        mesh.geometry.dispose();
        if (mesh instanceof InstancedMesh) mesh.dispose();
      }
      for (const material of [metal, paint, white]) material.dispose();
    },
  };
}
