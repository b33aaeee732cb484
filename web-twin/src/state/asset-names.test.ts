import { expandLayout } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { makeMachine, makeSnapshot } from "../testing/fixtures.ts";
import { createNameOf } from "./asset-names.ts";
import type { PointsView } from "./points.ts";
import { createStore } from "./store.ts";

const asset = (id: string, more: object = {}) => ({
  id,
  area: "A",
  template: "T",
  at: [0, 0] as const,
  ...more,
});
const layout = expandLayout({
  version: "plant-layout/v1",
  site: "S",
  kinds: [],
  areas: [{ id: "A", name: "A", minX: 0, maxX: 1, minZ: 0, maxZ: 1 }],
  templates: [{ id: "T", size: [1, 1, 1], parts: [], points: [] }],
  assets: [
    asset("S/A/L/C/tank", { name: "Tank 1", code: "10LAC10" }),
    asset("S/A/L/C/pump", { code: "10LAC10AP001" }),
    asset("S/A/L/C/fan", { name: "Fan 20HLB", code: "20HLB" }),
  ],
});

describe("the name of an asset", () => {
  const store = createStore(() => {});
  store.receive(makeSnapshot([makeMachine("S/A/L/C/pump")]));

  it("is the machine's or the layout's, after its plant code where the name does not hold it", () => {
    const view: Partial<PointsView> = { layout };
    const nameOf = createNameOf(store, { view: () => view as PointsView });
    expect(nameOf("S/A/L/C/tank")).toBe("10LAC10 Tank 1");
    expect(nameOf("S/A/L/C/pump")).toBe("10LAC10AP001 Pump S/A/L/C/pump");
    expect(nameOf("S/A/L/C/fan")).toBe("Fan 20HLB");
  });

  it("is the end of its path where nobody names it", () => {
    const nameOf = createNameOf(store, { view: () => undefined });
    expect(nameOf("S/A/L/C/valve-7")).toBe("valve-7");
  });
});
