import { describe, expect, it } from "vitest";
import { createStore } from "../state/store.ts";
import type { Api } from "../stream/api.ts";
import { ApiError } from "../stream/api-error.ts";
import { at } from "../testing/fixtures.ts";
import { labelAlarm } from "./label-alarm.ts";

const never = new AbortController().signal;

function setUp(name: string, answer: Api["labelAlarm"]) {
  const store = createStore(() => {});
  const failures: unknown[] = [];
  const deps = {
    store,
    api: { labelAlarm: answer } as Api,
    failed: (error: unknown) => failures.push(error),
    operator: { name: () => name, rename: () => {} },
  };
  return { store, failures, run: () => labelAlarm("a1", "real", deps, never) };
}

describe("labelling an alarm", () => {
  it("is done in the operator's name and remembered on the screen", async () => {
    const { store, run } = setUp(" Li ", async (alarm, { verdict, by }) => [
      { frame: `of ${alarm}`, verdict, by, time: at(0), source: "operator" },
    ]);
    expect(await run()).toMatchObject({
      kind: "done",
      value: [{ frame: "of a1", by: "Li", verdict: "real" }],
    });
    expect(store.view().labels.get("a1")).toBe("real");
  });

  it("is not done for nobody, and not remembered where the agent refuses", async () => {
    const error = new ApiError("refused", "no frame was kept");
    const refusing = setUp("Li", () => Promise.reject(error));
    expect(await refusing.run()).toEqual({ kind: "failed", error });
    expect([refusing.failures, refusing.store.view().labels.size]).toEqual([[error], 0]);
    const nobody = setUp(" ", () => Promise.reject(new Error("must not be asked")));
    expect(await nobody.run()).toEqual({ kind: "nameless" });
  });
});
