import type { Browser } from "playwright-core";
import { expandLayout } from "../../edge-agent/src/core/layout/expand.ts";
import { syntheticLayout } from "../../edge-agent/src/core/layout/synthetic-layout.ts";
import { launchChromium } from "../browser/chromium.ts";
import type { Bench, Figures, Report } from "./harness.ts";
import { startAgent } from "./twin/agent.ts";
import { type BuiltPages, buildPages } from "./twin/build.ts";
import { layoutRatio, measureDecoding } from "./twin/bytes.ts";
import { measureFirstFrames } from "./twin/first-frames.ts";
import { measureMillion } from "./twin/million.ts";
import { measureHeap, measurePaced } from "./twin/paced.ts";
import { servePages } from "./twin/page-server.ts";
import { measurePictures } from "./twin/pictures.ts";
import { openTwin } from "./twin/twin-page.ts";

const POINTS = 100_000;
const MILLION = 1_000_000;
const MINUTES = Number(process.env["STETHOS_BENCH_MINUTES"] ?? 10);

/** The page in a real browser that draws in software, against pages that do the same otherwise. */
export const twin: Bench = {
  name: "twin",
  explains: `the built page on the agent's API with ${POINTS} made up points in a Chromium of 1280x720 that draws in software; each ratio against a baseline page of test/bench/twin/baseline in the same browser, one after the other. firstFrameMs, firstFrame1MMs: medians of 5 fresh contexts; drawnHzAll: all points at 10 Hz; drawnHz5pct: 5 % at 20 Hz; fedHz...: what the benchmark itself came to of these; latP95Ms: of the first; lost: gaps in both; heapGrowthMB: over STETHOS_BENCH_MINUTES (10) of the first; pickMs; bundleGzKB: scripts up to the first picture. B1 points/raw WebGL2; B2 points/whole picture; B3 changed points/whole picture; B4 InstancedMesh/whole picture; B5 JSON/binary decoding; B6 three's Raycaster/pick; B7 a million changed, rolled up/raw; B8 first frame/that of an empty three page; B9 layout/flat JSON, gzip. vsDeckgl...: deck.gl's PointCloudLayer/ours`,
  async run(report) {
    report("building the pages ...");
    const pages = await buildPages();
    const browser = await launchChromium();
    try {
      return await measure(browser, pages, report);
    } finally {
      await browser.close();
    }
  },
};

async function measure(browser: Browser, pages: BuiltPages, report: Report): Promise<Figures> {
  const layout = expandLayout(syntheticLayout({ points: POINTS }));
  const large = expandLayout(syntheticLayout({ points: MILLION }));
  await using agent = await startAgent(layout, pages.product.folder);
  await using baselines = await servePages(pages.baselines.folder, layout.position);
  await using largeBaselines = await servePages(pages.baselines.folder, large.position);
  await using scene = await servePages(pages.scene, layout.position);

  const first = await firstFrames();
  async function firstFrames() {
    await using largeAgent = await startAgent(large, pages.product.folder);
    const urls = { baselines: baselines.url, twin: agent.address, million: largeAgent.address };
    return await measureFirstFrames(browser, urls, report);
  }
  const drawn = await measurePictures(browser, { baselines: baselines.url, scene: scene.url }, report);
  const B7 = await measureMillion(
    browser,
    { baselines: largeBaselines.url, scene: scene.url },
    large,
    report,
  );
  const live = await openTwin(browser, agent.address);
  const all = await measurePaced(live.page, agent, { hz: 10, share: 1 }, report);
  const some = await measurePaced(live.page, agent, { hz: 20, share: 0.05 }, report);
  const heapGrowthMB = await measureHeap(live.page, agent, MINUTES, report);
  await live.close();

  return {
    firstFrameMs: first.twin,
    firstFrame1MMs: first.million,
    drawnHzAll: all.drawnHz,
    drawnHz5pct: some.drawnHz,
    fedHzAll: all.fedHz,
    fedHz5pct: some.fedHz,
    lost: all.lost + some.lost,
    latP95Ms: all.latP95Ms,
    heapGrowthMB,
    pickMs: drawn.pickMs,
    bundleGzKB: pages.product.gzKB,
    B1: drawn.points / drawn.raw,
    B2: drawn.points / drawn.everything,
    B3: drawn.changed / drawn.everything,
    B4: drawn.naive / drawn.everything,
    B5: measureDecoding(POINTS),
    B6: drawn.naivePickMs / drawn.pickMs,
    B7,
    B8: first.twin / first.empty,
    B9: layoutRatio(layout),
    "vsDeckgl.firstFrame": first.deckgl / first.twin,
    "vsDeckgl.update": drawn.deckUpdate / drawn.update,
    "vsDeckgl.bundle": pages.baselines.gzKB.deckgl / pages.product.gzKB,
  };
}
