import fc from "fast-check";
import { Matrix3, Mesh, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { describe, expect, it } from "vitest";
import { glb, type ModelNode, modelFile, pumpModel } from "../testing/glb.ts";
import { cylinder, type Solid } from "../testing/solids.ts";
import { readGlb } from "./glb.ts";
import { ModelError } from "./model-error.ts";
import { MODEL_LIMITS, modelShape } from "./model-shape.ts";
import { cross, minus, type Vector } from "./transform.ts";

const ROOM: Vector = [1e6, 1e6, 1e6];
const PUMP: Vector = [3.7, 2, 1.6];

/** What three's own loader makes of it: corners and normals of all triangles in place. */
async function oracle(bytes: Uint8Array<ArrayBuffer>): Promise<{ corners: number[][]; normals: number[][] }> {
  const { scene } = await new GLTFLoader().parseAsync(bytes.buffer, "");
  scene.updateMatrixWorld(true);
  const corners: number[][] = [];
  const normals: number[][] = [];
  scene.traverse((each) => {
    if (!(each instanceof Mesh)) return;
    const { position, normal } = each.geometry.attributes;
    const turn = new Matrix3().getNormalMatrix(each.matrixWorld);
    for (const i of each.geometry.index?.array ?? []) {
      corners.push(new Vector3().fromBufferAttribute(position, i).applyMatrix4(each.matrixWorld).toArray());
      normals.push(new Vector3().fromBufferAttribute(normal, i).applyMatrix3(turn).normalize().toArray());
    }
  });
  return { corners, normals };
}

const at = (values: Float32Array, i: number): number[] => [...values.subarray(3 * i, 3 * i + 3)];
const farApart = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, k) => value - (b[k] ?? Number.NaN)));
const above = (solid: Solid, node: Omit<ModelNode, "solid"> = {}): Uint8Array<ArrayBuffer> =>
  modelFile([{ translation: [0, 0.5, 0], children: [{ ...node, solid }] }]);
const refusal = (bytes: Uint8Array, size: Vector = ROOM): string => {
  try {
    modelShape(bytes, size);
  } catch (error) {
    if (error instanceof ModelError) return error.message;
    throw error;
  }
  return "none";
};

const small = fc.double({ min: -2, max: 2, noNaN: true });
const growth = fc.double({ min: 0.2, max: 3, noNaN: true });
const quaternion = fc.tuple(small, small, small, small).map((parts) => {
  const length = Math.hypot(...parts);
  return length < 0.1 ? [0, 0, 0, 1] : parts.map((part) => part / length);
});
const nodesWith = (children: fc.Arbitrary<ModelNode[]>): fc.Arbitrary<ModelNode> =>
  fc.record({
    translation: fc.tuple(small, small, small),
    rotation: quaternion,
    scale: fc.tuple(growth, growth, growth),
    solid: fc.integer({ min: 3, max: 9 }).map(cylinder),
    children,
  });
const below = (node: fc.Arbitrary<ModelNode>): fc.Arbitrary<ModelNode[]> => fc.array(node, { maxLength: 2 });
const nodes = nodesWith(below(nodesWith(below(nodesWith(fc.constant([]))))));

const triangle: Solid = { position: [0, 0, 0, 1, 0, 0, 0, 1, 0] };

describe("the shape of a model", () => {
  it("is the one that three's loader sees, wherever its nodes stand", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(nodes, { minLength: 1, maxLength: 2 }), async (roots) => {
        // High enough to stand on the floor.
        const bytes = modelFile([{ translation: [0, 1e3, 0], children: roots }]);
        const { corners, normals } = await oracle(bytes);
        const shape = modelShape(bytes, ROOM);
        expect(shape.index.length).toBe(corners.length);
        // Metres with 24 bits, a kilometre up.
        const off = (of: Float32Array, wanted: readonly number[][]): number =>
          Math.max(...Array.from(shape.index, (i, k) => farApart(at(of, i), wanted[k] ?? [])));
        expect(off(shape.position, corners)).toBeLessThan(2e-3);
        expect(off(shape.normal, normals)).toBeLessThan(1e-3);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it("keeps its outside outside where a node mirrors it, and shows both sides where it is asked to", () => {
    const outwards = (bytes: Uint8Array): boolean[] => {
      const { position, normal, index } = modelShape(bytes, ROOM);
      return Array.from({ length: index.length / 3 }, (_, t) => {
        const [a, b, c] = [0, 1, 2].map((k) => at(position, index[3 * t + k] ?? 0) as unknown as Vector);
        const wanted = at(normal, index[3 * t] ?? 0);
        if (a === undefined || b === undefined || c === undefined) return false;
        return cross(minus(b, a), minus(c, a)).reduce((sum, part, k) => sum + part * (wanted[k] ?? 0), 0) > 0;
      });
    };
    for (const scale of [
      [1, 1, 1],
      [-1, 1, 1],
      [2, -1, 0.5],
      [-1, -1, -1],
    ])
      expect(outwards(above(cylinder(12), { scale })), String(scale)).not.toContain(false);
    const both = outwards(above(cylinder(12), { doubleSided: true }));
    expect(both.filter((is) => is).length).toBe(both.length / 2);
  });

  it("makes flat faces where the file has no normals", () => {
    const { normal, index, position } = modelShape(above(triangle), ROOM);
    expect([...index]).toEqual([0, 1, 2]);
    expect([...normal]).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1]);
    expect([...position]).toEqual([0, 0.5, 0, 1, 0.5, 0, 0, 1.5, 0]);
  });

  it("is as bright as its colours look, and never as dark or bright as what stands out", () => {
    const brightness = (linear: number): number =>
      modelShape(above(triangle, { brightness: linear }), ROOM).grey[0] ?? Number.NaN;
    expect([0, 0.2, 1].map(brightness)).toEqual([
      0.25,
      expect.closeTo(0.2 ** (1 / 2.2), 5),
      expect.closeTo(0.85, 5),
    ]);
  });

  it("reads strips and fans as triangles, and no lines", () => {
    const square: Solid = { position: [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0] };
    const inMode = (mode: number): Uint8Array => {
      const { json, binary } = readGlb(above(square));
      const { meshes } = json as { readonly meshes: { primitives: { mode?: number }[] }[] };
      for (const primitive of meshes.flatMap(({ primitives }) => primitives)) primitive.mode = mode;
      return glb(json, Uint8Array.from(binary));
    };
    expect(modelShape(inMode(5), ROOM).index.length).toBe(6);
    expect(modelShape(inMode(6), ROOM).index.length).toBe(6);
    expect(refusal(inMode(1))).toBe("has no triangles in its scene");
  });
});

describe("a model that cannot be drawn", () => {
  it.each([
    ["no glTF", new TextEncoder().encode("a text that is long enough"), "is not a glTF binary (.glb)"],
    ["an older version", Uint8Array.of(0x67, 0x6c, 0x54, 0x46, 1, ...new Uint8Array(15)), "only version 2"],
    ["half of a file", pumpModel().subarray(0, 9_000), "is cut short"],
    ["an empty scene", modelFile([]), "has no triangles"],
    [
      "compression",
      glb({ extensionsRequired: ["KHR_draco_mesh_compression"] }),
      "export it without compression",
    ],
    [
      "other files",
      glb({ buffers: [{ uri: "pump.bin", byteLength: 8 }] }),
      "export everything into one .glb",
    ],
    [
      "another shape of JSON",
      glb({ nodes: [{ mesh: "body" }] }),
      "glTF.nodes[0].mesh: expected a whole number",
    ],
    ["nodes in a ring", glb({ scenes: [{ nodes: [0] }], nodes: [{ children: [0] }] }), "too many nodes"],
    ["too many bytes", new Uint8Array(MODEL_LIMITS.bytes + 1), "at most 8 MB"],
    ["too many corners", above(cylinder(4_000)), "has 24,000 corners (POSITION); at most 20,000"],
    [
      "too many meshes",
      modelFile(Array.from({ length: 30 }, () => ({ solid: cylinder(120) }))),
      "corners; at most 20,000",
    ],
  ])("tells its author of %s", (_, bytes, message) => {
    expect(refusal(bytes)).toContain(message);
  });

  it("tells its author where it stands outside of its template", () => {
    const inMillimetres = modelFile([{ scale: [1000, 1000, 1000], children: [{ solid: cylinder(6) }] }]);
    expect(refusal(inMillimetres, PUMP)).toMatch(
      /reaches from -1\.00e\+3 to .* m along x, .* glTF is in metres/,
    );
    expect(refusal(pumpModel(), PUMP)).toBe("none");
    expect(refusal(modelFile([{ translation: [0, -3, 0], solid: cylinder(6) }]), PUMP)).toContain("along y");
  });

  it("is refused with words whatever is wrong with its bytes", () => {
    const whole = pumpModel();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 }),
        fc.nat(whole.length),
        (changes, length) => {
          const bytes = whole.slice(0, length % 3 === 0 ? length : whole.length);
          for (const [i, value] of changes) if (i < bytes.length) bytes[i] = value;
          // Anything else than a ModelError is thrown on, and fails.
          expect(refusal(bytes).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
  });
});
