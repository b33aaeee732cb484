import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NODE_FLAGS } from "./node-flags.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");

describe("how the agent is run", () => {
  it("is the same as a command, from an image and from an installation", () => {
    const flags = NODE_FLAGS.join(" ");
    expect(read("main.ts").split("\n", 1)).toEqual([`#!/usr/bin/env -S node ${flags}`]);
    expect(read("../install/stethos")).toContain(`/node/bin/node" ${flags} "$root/edge-agent/src/main.ts"`);
  });
});
