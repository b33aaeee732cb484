import { describe, expect, it } from "vitest";
import { createStore } from "../state/store.ts";
import type { Api } from "../stream/api.ts";
import { ApiError } from "../stream/api-error.ts";
import { makeAlarm } from "../testing/fixtures.ts";
import { acknowledge } from "./acknowledge.ts";

const never = new AbortController().signal;

function setUp(name: string, answer: Api["acknowledge"]) {
  const store = createStore(() => {});
  const failures: unknown[] = [];
  const run = () =>
    acknowledge(
      "a1",
      {
        store,
        api: { acknowledge: answer } as Api,
        failed: (error) => failures.push(error),
        operator: { name: () => name, rename: () => {} },
      },
      never,
    );
  return { store, failures, run };
}

describe("acknowledging", () => {
  it("is done in the operator's name and shown at once", async () => {
    const asked: string[] = [];
    const { store, run } = setUp(" Li ", async (id, by) => {
      asked.push(`${id} ${by}`);
      return makeAlarm(id, "M1", { state: "acknowledged-active", acknowledgedBy: by });
    });
    expect(await run()).toMatchObject({ kind: "done" });
    expect(asked).toEqual(["a1 Li"]);
    expect(store.view().plant.alarms.get("a1")?.state).toBe("acknowledged-active");
  });

  it("is not done for nobody", async () => {
    const { run } = setUp("  ", () => Promise.reject(new Error("must not be asked")));
    expect(await run()).toEqual({ kind: "nameless" });
  });

  it("says what went wrong, also to who asks for a login", async () => {
    const error = new ApiError("unauthorized", "a token is needed");
    const { failures, run } = setUp("Li", () => Promise.reject(error));
    expect(await run()).toEqual({ kind: "failed", error });
    expect(failures).toEqual([error]);
  });
});
