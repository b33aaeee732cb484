import { describe, expect, it } from "vitest";
import { createFakeCaches } from "../testing/fake-caches.ts";
import { createShellCache } from "./shell-cache.ts";

const BASE = "https://agent/twin/";
const SHELL = { version: "b2", files: ["./", "assets/page-12345678.js", "icon.svg"] };

function setUp() {
  const caches = createFakeCaches(async (address) => new Response(`kept ${address}`));
  const asked: string[] = [];
  let answer: (address: string) => Response | Promise<Response> = (address) => new Response(`new ${address}`);
  const shell = createShellCache(SHELL, {
    caches,
    scope: BASE,
    async fetch(request) {
      const address = typeof request === "string" ? request : request.url;
      asked.push(address.replace(BASE, ""));
      return answer(address);
    },
  });
  return {
    caches,
    shell,
    asked,
    network(next: typeof answer) {
      answer = next;
    },
    down() {
      answer = () => Promise.reject(new TypeError("no network"));
    },
    get: async (path: string, mode?: RequestMode) => {
      const request = new Request(`${BASE}${path}`);
      if (mode !== undefined) Object.defineProperty(request, "mode", { value: mode });
      const response = await shell.answer(request);
      return response === undefined ? undefined : (await response.text()).replace(BASE, "");
    },
  };
}

describe("the shell's cache", () => {
  it("brings the newest page while there is a network, and the kept one without it", async () => {
    const { shell, get, down } = setUp();
    await shell.install();
    expect(await get("", "navigate")).toBe("new ");
    down();
    expect(await get("?asset=x", "navigate")).toBe("kept ");
  });

  it("takes files with a hash in their name from the cache, without asking", async () => {
    const { shell, get, asked } = setUp();
    await shell.install();
    expect(await get("assets/page-12345678.js")).toBe("kept assets/page-12345678.js");
    expect(asked).toEqual([]);
    expect(await get("assets/late-87654321.js")).toBe("new assets/late-87654321.js");
  });

  it("never keeps or answers what the API says, except the layout", async () => {
    const { shell, get, asked, down } = setUp();
    await shell.install();
    expect(await get("v1/alarms")).toBeUndefined();
    expect(await get("v1/replay/frames?from=1")).toBeUndefined();
    expect(shell.answer(new Request(`${BASE}v1/layout`, { method: "POST" }))).toBeUndefined();
    expect(await get("v1/layout")).toBe("new v1/layout");
    down();
    expect(await get("v1/layout")).toBe("new v1/layout");
    expect(asked).toEqual(["v1/layout", "v1/layout"]);
  });

  it("passes a refusal on, and forgets the layout with it", async () => {
    const { get, network, down } = setUp();
    await get("v1/layout");
    network(() => new Response("who are you?", { status: 401 }));
    expect(await get("v1/layout")).toBe("who are you?");
    down();
    await expect(get("v1/layout")).rejects.toThrow("no network");
  });

  it("passes a failure of the agent on and keeps the layout", async () => {
    const { get, network, down } = setUp();
    await get("v1/layout");
    network(() => new Response("starting", { status: 503 }));
    expect(await get("v1/layout")).toBe("starting");
    down();
    expect(await get("v1/layout")).toBe("new v1/layout");
  });

  it("removes the builds before the last one, and nothing else", async () => {
    const { shell, caches } = setUp();
    for (const name of ["stethos-shell-a", "stethos-kept", "stethos-shell-b1"]) await caches.open(name);
    await shell.install();
    await shell.activate();
    expect(await caches.keys()).toEqual(["stethos-kept", "stethos-shell-b1", "stethos-shell-b2"]);
  });
});
