import { PointSeverity, PointState } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { buildTree, openNodes, parentOf, rollUpTree } from "./tree-model.ts";

const asset = (id: string) => ({ id, name: id.slice(id.lastIndexOf("/") + 1) });
const tree = buildTree([asset("S/B/L1/C/pump-10"), asset("S/B/L1/C/pump-2"), asset("S/A/L9/C/fan-1")]);
const names = (rows: readonly number[]): readonly string[] => rows.map((row) => tree[row]?.name ?? "?");

describe("the tree of the plant", () => {
  it("has a level for each part of the path, sorted as people sort", () => {
    expect(tree.map(({ name, level }) => `${level} ${name}`)).toEqual([
      "1 S",
      "2 A",
      "3 L9",
      "4 C",
      "5 fan-1",
      "2 B",
      "3 L1",
      "4 C",
      "5 pump-2",
      "5 pump-10",
    ]);
    expect(tree.at(-1)).toMatchObject({ id: "S/B/L1/C/pump-10", asset: 0, place: 2, siblings: 2 });
  });

  it("shows what is open, and what is kept with all above it", () => {
    expect(names(openNodes(tree, () => false))).toEqual(["S"]);
    expect(names(openNodes(tree, (id) => id === "S"))).toEqual(["S", "A", "B"]);
    expect(openNodes(tree, () => true)).toHaveLength(10);
    const states = new Uint8Array(tree.length);
    rollUpTree(tree, (index) => (index === 1 ? PointSeverity.alarm : 0), states);
    expect(
      names(
        openNodes(
          tree,
          () => false,
          (node) => (states[node] ?? 0) > 0,
        ),
      ),
    ).toEqual(["S", "B", "L1", "C", "pump-2"]);
  });

  it("rolls the most urgent state up, and lets what is shelved ask for nothing", () => {
    const states = new Uint8Array(tree.length);
    const given = [PointSeverity.alarm | PointState.silenced, PointSeverity.warning, PointSeverity.advisory];
    rollUpTree(tree, (index) => given[index] ?? 0, states);
    expect(states[0]).toBe(PointSeverity.warning);
    expect(states[1]).toBe(PointSeverity.advisory);
    expect(states[9]).toBe(PointSeverity.alarm | PointState.silenced);
    rollUpTree(tree, () => 0, states);
    expect([...states]).toEqual(new Array(10).fill(0));
  });

  it("knows what holds a node", () => {
    expect(parentOf(tree, 9)).toBe(7);
    expect(parentOf(tree, 5)).toBe(0);
    expect(parentOf(tree, 0)).toBeUndefined();
  });

  it("puts assets without a path under their area", () => {
    const flat = buildTree([{ id: "pump", name: "Pump" }], () => "Hall");
    expect(flat.map(({ id, name }) => [id, name])).toEqual([
      ["Hall", "Hall"],
      ["pump", "Pump"],
    ]);
  });
});
