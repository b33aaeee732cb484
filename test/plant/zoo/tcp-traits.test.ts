import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runInNamespace } from "./namespace.ts";

interface Seen {
  readonly synAck: unknown;
  /** What ss tells of the client's own socket. */
  readonly own: string;
  readonly answer: string;
}

async function look(stack: "siemens" | "linux"): Promise<Seen> {
  const printed = await runInNamespace(join(import.meta.dirname, "tcp-traits-child.ts"), [stack]);
  const [synAck = "", own = "", answer = ""] = printed.split("\n");
  return { synAck: JSON.parse(synAck), own, answer };
}

describe("TCP stack of a device in a network namespace", () => {
  it("answers a SYN as Siemens controllers of 2011 do", async () => {
    const { synAck, own, answer } = await look("siemens");
    expect(synAck).toEqual({ window: 4096, ttl: 30, dontFragment: false, options: "M1460" });
    expect(own).not.toMatch(/\b(ts|sack|wscale:\S+)\b/);
    expect(own).toMatch(/snd_wnd:4096\b/);
    expect(own).toMatch(/advmss:1460\b/);
    expect(answer).toMatch(/^0300001611d0/);
  });

  it("is Linux's own where nothing is set", async () => {
    const { synAck, own } = await look("linux");
    expect(synAck).toMatchObject({ ttl: 64, dontFragment: true });
    expect(synAck).toHaveProperty("options", expect.stringMatching(/^M1460,S,T,N,W\d+$/));
    expect(own).toMatch(/\bts sack\b.*\bwscale:/);
  });
});

describe("a namespace that cannot be set up", () => {
  it("says what failed and what would mend it", async () => {
    await expect(runInNamespace("nothing.ts", [], ["echo broken >&2", "false"])).rejects.toThrow(
      /ended with 1: broken\n.*user\.max_user_namespaces/,
    );
  });
});
