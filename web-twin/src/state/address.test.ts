import { describe, expect, it } from "vitest";
import { makeAlarm, makeMachine, makeSnapshot } from "../testing/fixtures.ts";
import { createAddress } from "./address.ts";
import { type Changes, createStore } from "./store.ts";

function setUp(hash: string) {
  const flushes: (() => void)[] = [];
  const store = createStore((flush) => flushes.push(flush));
  const ignored: string[] = [];
  const replayed: number[] = [];
  const at = { hash };
  const address = createAddress({
    store,
    hash: () => at.hash,
    replaceHash: (next) => {
      at.hash = next;
    },
    ignored: (parts) => ignored.push(...parts),
    replay: (ms) => replayed.push(ms),
  });
  store.subscribe((view, changes: Changes) => address.show(view, changes));
  const settle = (): void => {
    while (flushes.length > 0) for (const flush of flushes.splice(0)) flush();
  };
  const plant = (): void => {
    store.receive(makeSnapshot([makeMachine("M1"), makeMachine("M2")], [makeAlarm("a1", "M1")]));
    settle();
  };
  return { store, address, at, ignored, replayed, settle, plant };
}

describe("the address", () => {
  it("waits for the plant, then leads to what it names", () => {
    const { store, address, at, plant, settle, ignored } = setUp(
      "#/plant/scene?asset=M2&trend=tag:M2/t&span=900&odd=1",
    );
    address.follow();
    expect(ignored).toEqual(["odd=1"]);
    plant();
    settle();
    expect(store.view().selection).toMatchObject({ machine: "M2", asset: "M2" });
    expect(store.view().trend).toEqual({ series: [{ kind: "tag", id: "M2/t" }], spanS: 900 });
    expect(at.hash).toContain("asset=M2");
    expect(at.hash).not.toContain("odd");
  });

  it("leads to an alarm, a point, a moment of the past, and leaves the page as it is", () => {
    const { store, address, at, plant, settle, replayed } = setUp("");
    plant();
    store.openPage("trends");
    settle();
    at.hash = "#/trends?alarm=a1&asset=M1&replay=2026-11-22T08:00:00.000Z";
    address.follow();
    expect(store.view().selection.alarm).toBe("a1");
    expect(store.view().page).toBe("trends");
    expect(replayed).toEqual([Date.UTC(2026, 10, 22, 8)]);
    at.hash = "#/plant/scene?asset=M1&point=M1/temperature";
    address.follow();
    expect(store.view().selection.point).toBe("M1/temperature");
    at.hash = "#/plant/scene?asset=M1&sensor=M1/vibration";
    address.follow();
    expect(store.view().selection.sensor).toBe("M1/vibration");
  });

  it("follows what is selected, and keeps the page's own part", () => {
    const { store, at, plant, settle } = setUp("#/plant/plan");
    plant();
    store.selectMachine("M2");
    settle();
    expect(at.hash).toBe("#/plant/plan?asset=M2&sensor=M2/vibration");
    const before = at.hash;
    store.addNotes(["x"]);
    settle();
    expect(at.hash).toBe(before);
  });
});
