import { type InstancedMesh, type Mesh, Raycaster, Scene, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { makeMachine } from "../testing/fixtures.ts";
import { floorGeometry, mergedParts } from "./geometry.ts";
import { layOut } from "./layout.ts";
import { partsOf } from "./parts.ts";
import { createPlantMeshes } from "./plant-meshes.ts";

function setUp() {
  const pump = makeMachine("M1", { name: "Pump" });
  const fan = makeMachine("M2", {
    name: "Fan",
    health: { machine: "M2", time: "2026-11-22T08:00:00Z", state: "alarm", baselineProgress: 1 },
  });
  const machines = new Map([pump, fan].map((machine) => [machine.id, machine]));
  const layout = layOut([pump, fan], { areasInRow: 1, linesInRow: 1 });
  const scene = new Scene();
  const meshes = createPlantMeshes(scene, layout, machines);
  const instances = (): InstancedMesh[] =>
    scene.children.filter((child): child is InstancedMesh => "isInstancedMesh" in child);
  const down = (x: number, z: number): Raycaster =>
    new Raycaster(new Vector3(x, 20, z), new Vector3(0, -1, 0));
  return { scene, meshes, machines, layout, instances, down };
}

describe("the plant's meshes", () => {
  it("are a dozen draw calls at most, however many machines there are", () => {
    const { scene } = setUp();
    expect(scene.children.length).toBeLessThanOrEqual(12);
  });

  it("tint what is abnormal and put its ring around it", () => {
    const { meshes, machines, instances } = setUp();
    meshes.paint(machines);
    const rings = instances().slice(4);
    expect(rings.map(({ count }) => count)).toEqual([0, 1, 0, 0, 0]);
    const colours = instances()
      .slice(0, 2)
      .map((mesh) => [...(mesh.instanceColor?.array ?? [])].map((value) => value.toFixed(2)));
    expect(colours[0]).toEqual(["1.00", "1.00", "1.00"]);
    expect(colours[1]?.[0]).toBe("1.00");
    expect(Number(colours[1]?.[1])).toBeLessThan(0.2);
  });

  it("show a machine that is no longer known as unknown", () => {
    const { meshes, instances } = setUp();
    meshes.paint(new Map());
    expect(
      instances()
        .slice(4)
        .map(({ count }) => count),
    ).toEqual([0, 0, 0, 2, 0]);
  });

  it("find the machine under a ray, and nothing on the bare floor", () => {
    const { meshes, down } = setUp();
    expect(meshes.pick(down(2.6, 2.6))).toBe("M1");
    expect(meshes.pick(down(8.6, 2.6))).toBe("M2");
    expect(meshes.pick(down(5.6, 2.6))).toBeUndefined();
  });

  it("frame the chosen machine", () => {
    const { scene, meshes } = setUp();
    const frame = scene.children.at(-1) as Mesh;
    meshes.choose("M2");
    expect([frame.visible, frame.position.x]).toEqual([true, 8.6]);
    meshes.choose(undefined);
    expect(frame.visible).toBe(false);
  });

  it("leave the scene empty behind them", () => {
    const { scene, meshes } = setUp();
    meshes.dispose();
    expect(scene.children).toEqual([]);
  });
});

describe("a machine's geometry", () => {
  it.each(["pump", "fan", "gearbox", "motor"] as const)(
    "of a %s stands on the floor within its place",
    (kind) => {
      const geometry = mergedParts(partsOf(kind));
      geometry.computeBoundingBox();
      const box = geometry.boundingBox;
      expect(box?.min.y).toBeCloseTo(0, 6);
      expect(box?.max.y).toBeLessThan(2.4);
      expect(Math.max(-(box?.min.x ?? 9), box?.max.x ?? 9)).toBeLessThan(2);
      expect(Math.max(-(box?.min.z ?? 9), box?.max.z ?? 9)).toBeLessThan(1.01);
    },
  );

  it("lies flat where it is painted on the floor", () => {
    const corners = floorGeometry([0, 0, 0, 2, 3, 0], 0.5).getAttribute("position").array;
    expect([...corners]).toEqual([0, 0.5, 0, 0, 0.5, 2, 3, 0.5, 0]);
  });
});
