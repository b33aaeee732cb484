import type { Browser } from "playwright-core";
import type { ExpandedLayout } from "../../../edge-agent/src/core/layout/expand.ts";
import { createTwinPlanes } from "../../../web-twin/src/stream/twin-planes.ts";
import type { Bench as Scene } from "../../browser/scene-bench.ts";
import { median, type Report } from "../harness.ts";
import { openPage } from "./browser-page.ts";

declare const bench: Scene;

const ROUNDS = 5;

/** All of a million points change: rolled up, adopted and drawn by our scene, against all of them drawn by WebGL2 alone.
 *  @returns ratio of the medians */
export async function measureMillion(
  browser: Browser,
  urls: { readonly baselines: string; readonly scene: string },
  layout: ExpandedLayout,
  report: Report,
): Promise<number> {
  const raw = await openPage(
    browser,
    `${urls.baselines}/raw-points/raw-points.html`,
    "globalThis.baseline !== undefined",
  );
  const scene = await openPage(
    browser,
    `${urls.scene}/scene.html?plant=large&points=${layout.pointCount}`,
    "globalThis.bench?.scene.probe.t.plant !== undefined",
  );
  const rollUp = createRollUp(layout);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    // The page leaves rolling up to its worker: the same code, here.
    const rollUpMs = rollUp(round);
    const drawMs = await scene.page.evaluate(async () => {
      await new Promise((done) => setTimeout(done, 300));
      const start = performance.now();
      bench.points.tellAll();
      bench.scene.probe.renderNow("points");
      return performance.now() - start;
    });
    const rawMs = await raw.page.evaluate(() => window.baseline?.changeAll() ?? Number.NaN);
    report(
      `a million points, ms: roll-up ${rollUpMs.toFixed(1)}, drawn ${drawMs.toFixed(1)}, raw ${rawMs.toFixed(1)}`,
    );
    if (round === 0) continue;
    ours.push(rollUpMs + drawMs);
    theirs.push(rawMs);
  }
  await raw.close();
  await scene.close();
  return median(ours) / median(theirs);
}

function createRollUp({ firstPoint, pointCount, hash }: ExpandedLayout): (turn: number) => number {
  const planes = createTwinPlanes(firstPoint);
  const columns = planes.makeColumns();
  return (turn) => {
    const value = Uint16Array.from({ length: pointCount }, (_, i) => (i * 2_654_435_761 + turn) & 0x7fff);
    const state = Uint8Array.from(value, (each) => (each % 50 === 0 ? 1 : 0));
    const start = performance.now();
    planes.apply({ kind: "snapshot", epoch: 1, turn, timeMs: 0, layoutHash: hash, value, state });
    planes.fill(columns);
    return performance.now() - start;
  };
}
