import type { DisagreementDto } from "@stethos/edge-agent/core";
import { describe, expect, it } from "vitest";
import { ApiError } from "../stream/api-error.ts";
import { makeDisagreement, makeFrame } from "../testing/fixtures.ts";
import { createManualTimers } from "../testing/manual-timers.ts";
import { settled } from "../testing/settled.ts";
import { createDisagreementModel } from "./disagreement-model.ts";

function setUp(first: readonly DisagreementDto[] = [makeDisagreement("f1"), makeDisagreement("f2")]) {
  const timers = createManualTimers();
  const asked: string[] = [];
  const failures: unknown[] = [];
  const state = {
    list: first,
    listError: undefined as unknown,
    frameError: undefined as unknown,
    changes: 0,
  };
  const model = createDisagreementModel({
    timers,
    changed: () => {
      state.changes += 1;
    },
    failed: (error) => failures.push(error),
    api: {
      async disagreements() {
        asked.push("list");
        if (state.listError !== undefined) throw state.listError;
        return state.list;
      },
      async frame(id) {
        asked.push(id);
        if (state.frameError !== undefined) throw state.frameError;
        return makeFrame(id);
      },
    },
  });
  return { model, timers, asked, failures, state };
}

const labelled = (frame: string) => makeDisagreement(frame, { label: "real" });

describe("the frames to label", () => {
  it("are read when somebody looks, the first without a label opened", async () => {
    const { model, asked } = setUp([labelled("f0"), makeDisagreement("f1")]);
    expect(asked).toEqual([]);
    model.watch("1");
    await settled();
    expect(asked).toEqual(["list", "f1"]);
    expect(model.selected()).toBe("f1");
    expect(model.frame()).toMatchObject({ kind: "ready", frame: { id: "f1" } });
  });

  it("open one that has a label where all have, and none where there is none", async () => {
    const all = setUp([labelled("f0")]);
    all.model.watch("1");
    await settled();
    expect(all.model.selected()).toBe("f0");
    const none = setUp([]);
    none.model.watch("1");
    await settled();
    expect([none.model.selected(), none.model.frame()]).toEqual([undefined, { kind: "none" }]);
  });

  it("are read again when the trial went on, at most every three seconds, without losing the one that is open", async () => {
    const { model, asked, timers, state } = setUp();
    model.watch("1");
    await settled();
    model.select("f2");
    await settled();
    state.list = [makeDisagreement("f3"), ...state.list];
    for (const state_ of ["2", "3", "3"]) model.watch(state_);
    await settled();
    expect(asked).toEqual(["list", "f1", "f2"]);
    timers.advance(3000);
    await settled();
    expect(asked).toEqual(["list", "f1", "f2", "list"]);
    expect(model.items().map(({ frame }) => frame)).toEqual(["f3", "f1", "f2"]);
    expect(model.selected()).toBe("f2");
    timers.advance(3000);
    model.watch("4");
    await settled();
    expect(asked).toHaveLength(5);
  });

  it("are not read while nobody looks", async () => {
    const { model, asked, timers } = setUp();
    model.watch("1");
    model.watch(undefined);
    await settled();
    expect(model.items()).toEqual([]);
    expect(timers.waiting).toBe(0);
    model.watch("1");
    await settled();
    expect(asked).toEqual(["list", "list", "f1"]);
  });

  it("go on to the next without a label once one was given", async () => {
    const { model } = setUp();
    model.watch("1");
    await settled();
    model.labelled("f1", "false");
    await settled();
    expect(model.items()[0]?.label).toBe("false");
    expect(model.selected()).toBe("f2");
    model.labelled("f2", "real");
    expect(model.selected()).toBe("f2");
  });

  it("leave one that is gone for the first that is there", async () => {
    const { model, state, timers } = setUp();
    model.watch("1");
    await settled();
    state.list = [makeDisagreement("f9")];
    model.watch("2");
    timers.advance(3000);
    await settled();
    expect(model.selected()).toBe("f9");
  });

  it("say why the list or the frame is not there, and try again when told to", async () => {
    const { model, state, failures } = setUp();
    const error = new ApiError("unreachable", "no route");
    state.listError = error;
    model.watch("1");
    await settled();
    expect([model.error(), failures]).toEqual([error, [error]]);
    state.listError = undefined;
    state.frameError = error;
    model.reload();
    await settled();
    expect([model.error(), model.frame()]).toEqual([undefined, { kind: "failed", error }]);
    state.frameError = undefined;
    model.reload();
    await settled();
    expect(model.frame()).toMatchObject({ kind: "ready" });
  });

  it("ask for nothing more once nobody can see them", async () => {
    const { model, timers, state } = setUp();
    model.watch("1");
    model.dispose();
    await settled();
    expect([timers.waiting, state.changes]).toEqual([0, 0]);
  });
});
