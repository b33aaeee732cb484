import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import type { PutCondition } from "../registry/object-store.ts";
import { type ProbedStore, probeConditions } from "./conditions.ts";

const signal = AbortSignal.timeout(10_000);

/** @param honours decides over a condition on what is there; may throw
 *  @param gap lets others in between check and write */
function server(
  honours: (condition: PutCondition, etag: string | undefined) => boolean,
  gap?: () => Promise<void>,
) {
  const objects = new Map<string, string>();
  let written = 0;
  const store: ProbedStore = {
    async head(key) {
      const etag = objects.get(key);
      return etag === undefined ? undefined : { etag, bytes: 1, modifiedMs: 0 };
    },
    async put(key, _body, condition) {
      if (!honours(condition, objects.get(key))) return "conflict";
      if (gap !== undefined) await gap();
      written += 1;
      objects.set(key, `"${written.toString(16).padStart(8, "0")}"`);
      return "written";
    },
    async delete(key) {
      objects.delete(key);
    },
  };
  return { store, objects };
}

const fully = (condition: PutCondition, etag: string | undefined): boolean =>
  condition === "none" || ("ifAbsent" in condition ? etag === undefined : etag === condition.ifMatch);

describe("probing", () => {
  it("believes a server that honours both", async () => {
    const { store, objects } = server(fully);
    expect(await probeConditions(store, signal)).toEqual({ ifAbsent: true, ifMatch: true });
    expect(objects.size).toBe(0);
  });

  it("finds out a server that ignores conditions", async () => {
    const { store } = server(() => true);
    expect(await probeConditions(store, signal)).toEqual({ ifAbsent: false, ifMatch: false });
  });

  it("finds out a server that knows creation alone", async () => {
    const { store } = server((condition, etag) =>
      typeof condition === "object" && "ifAbsent" in condition ? etag === undefined : true,
    );
    expect(await probeConditions(store, signal)).toEqual({ ifAbsent: true, ifMatch: false });
  });

  it("finds out a server that checks first and writes later", async () => {
    const { store } = server(fully, () => new Promise((resolve) => setImmediate(resolve)));
    expect(await probeConditions(store, signal)).toEqual({ ifAbsent: false, ifMatch: false });
  });

  it("takes a server at its word that says it knows no conditions", async () => {
    const cause = Object.assign(new Error("A header you provided implies functionality"), {
      name: "NotImplemented",
    });
    const { store, objects } = server(() => {
      throw new ModelError("REGISTRY_REFUSED", "501", { cause });
    });
    expect(await probeConditions(store, signal)).toEqual({ ifAbsent: false, ifMatch: false });
    expect(objects.size).toBe(0);
  });

  it("does not take a refusal for an answer", async () => {
    const { store } = server(() => {
      throw new ModelError("REGISTRY_REFUSED", "access is denied");
    });
    await expect(probeConditions(store, signal)).rejects.toMatchObject({ code: "REGISTRY_REFUSED" });
  });
});
