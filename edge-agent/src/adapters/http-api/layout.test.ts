import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { expandLayout } from "../../core/layout/expand.ts";
import type { PlantLayout } from "../../core/layout/plant-layout.ts";
import { syntheticLayout } from "../../core/layout/synthetic-layout.ts";
import { startApi } from "./harness.ts";
import { createFakePoints } from "./twin/fake-points.ts";

const folder = mkdtempSync(join(tmpdir(), "layout-route-"));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = syntheticLayout({ points: 500 });
const layout: PlantLayout = {
  ...plain,
  templates: plain.templates.map((one, i) => (i === 0 ? { ...one, model: "pump.glb" } : one)),
};

/** An API over that layout; `points.layout` may be replaced as a reload does. */
async function serve(withFolder: boolean) {
  const points = { ...createFakePoints(1), layout: expandLayout(layout) };
  const api = await startApi({}, undefined, { points, ...(withFolder && { layoutFolder: () => folder }) });
  return { api, points };
}

function bytesOf(url: string, headers: Readonly<Record<string, string>>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(Buffer.concat(parts)));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("GET /v1/layout", () => {
  it("answers with the layout, packed for those who take it so", async () => {
    const { api } = await serve(false);
    await using _ = api;
    const answer = await api.ask("/v1/layout");
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.json).toEqual(layout);
    const packed = await bytesOf(`${api.address}/v1/layout`, { "accept-encoding": "br, gzip;q=0.8" });
    expect(JSON.parse(gunzipSync(packed).toString())).toEqual(layout);
    const refused = await bytesOf(`${api.address}/v1/layout`, { "accept-encoding": "gzip;q=0, identity" });
    expect(JSON.parse(refused.toString())).toEqual(layout);
  });

  it("answers 304 to who has it already, until anything of it changes", async () => {
    const { api, points } = await serve(false);
    await using _ = api;
    const { headers } = await api.ask("/v1/layout");
    const etag = headers.etag ?? "";
    expect(etag).toContain(points.layout.hash.toString(16));
    const ask = (known: string) => api.ask("/v1/layout", { headers: { "if-none-match": known } });
    expect((await ask(etag)).status).toBe(304);
    expect((await ask(`"x", W/${etag}`)).status).toBe(304);
    expect((await ask("*")).status).toBe(304);
    expect((await ask('"x"')).status).toBe(200);
    // Moved, but with the same points: the layout's own hash stays.
    const moved = layout.assets.map((asset) => ({ ...asset, at: [0, 0] as const }));
    points.layout = expandLayout({ ...layout, assets: moved });
    const after = await ask(etag);
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(etag);
  });
});

describe("GET /v1/layout/models/{file}", () => {
  it("serves the models that the layout names, and nothing else of its folder", async () => {
    writeFileSync(join(folder, "pump.glb"), "glTF");
    writeFileSync(join(folder, "secret.glb"), "no");
    const { api } = await serve(true);
    await using _ = api;
    const answer = await api.ask("/v1/layout/models/pump.glb");
    expect(answer).toMatchObject({ status: 200, text: "glTF" });
    expect(answer.headers["content-type"]).toBe("model/gltf-binary");
    const headers = { "if-none-match": answer.headers.etag ?? "" };
    expect((await api.ask("/v1/layout/models/pump.glb", { headers })).status).toBe(304);
    for (const file of ["secret.glb", "..%2Fpump.glb", "%2Fetc%2Fpasswd", "pump.gl"])
      expect((await api.ask(`/v1/layout/models/${file}`)).status, file).toBe(404);
  });

  it("has none where the file is gone or the layout is automatic", async () => {
    rmSync(join(folder, "pump.glb"), { force: true });
    for (const withFolder of [true, false]) {
      const { api } = await serve(withFolder);
      await using _ = api;
      expect((await api.ask("/v1/layout/models/pump.glb")).status).toBe(404);
    }
  });
});
