import { describe, expect, it } from "vitest";
import type { ModelRollout, ModelRolloutStatus } from "../ports/resources.ts";
import { rolloutOf } from "../reconcile/testing/observed-of.ts";
import type { Api } from "./api.ts";
import { createWriter } from "./writer.ts";

const never = new AbortController().signal;
const ROLLOUT = rolloutOf();
const POINTERS = { checkedTime: "2026-11-23T12:00:00.000Z" };
const NO_POINTERS = rolloutOf({ status: { phase: "Completed" } }).status as ModelRolloutStatus;
const STATUS: ModelRolloutStatus = { ...NO_POINTERS, pointers: POINTERS };

/** A server that answers a write with `answer`, whatever was written. */
function writing(answer: ModelRollout) {
  const kept: ModelRollout[] = [];
  const writer = createWriter({
    api: { demand: async () => answer } as Partial<Api> as Api,
    confirm: () => undefined,
    keepRollout: (object) => void kept.push(object),
    keepDevice: () => undefined,
  });
  return { kept, write: () => writer.setRolloutStatus(ROLLOUT, STATUS, never) };
}

describe("the status of a rollout", () => {
  it("is answered as it was written", async () => {
    const { kept, write } = writing({ ...ROLLOUT, status: STATUS });
    expect((await write()).status?.pointers).toEqual(POINTERS);
    expect(kept).toHaveLength(1);
  });

  it("that an older definition drops is refused, with what to apply: it would be written for ever", async () => {
    const { write } = writing({ ...ROLLOUT, status: NO_POINTERS });
    await expect(write()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/status\.pointers of ModelRollout plant\/better.*apply k8s\/crd/),
    });
  });
});
