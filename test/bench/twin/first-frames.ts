import type { Browser } from "playwright-core";
import { median, type Report } from "../harness.ts";
import { openPage } from "./browser-page.ts";
import { firstFrame, openTwin } from "./twin-page.ts";

const ROUNDS = 5;
const BASELINES = ["empty", "raw-points", "deckgl"] as const;

type Case = "deckgl" | "empty" | "million" | "raw-points" | "twin";
export type FirstFrames = Readonly<Record<Case, number>>;

/** Medians of fresh contexts, one page after the other.
 *  @param urls where the pages are served: the baselines, and agents of 100,000 and of 1,000,000 points */
export async function measureFirstFrames(
  browser: Browser,
  urls: { readonly baselines: string; readonly twin: string; readonly million: string },
  report: Report,
): Promise<FirstFrames> {
  const times: Record<Case, number[]> = { empty: [], "raw-points": [], deckgl: [], twin: [], million: [] };
  // The first round only warms the browser.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const taken: [Case, number][] = [];
    for (const name of BASELINES) taken.push([name, await baselineFrame(browser, urls.baselines, name)]);
    for (const name of ["twin", "million"] as const) taken.push([name, await twinFrame(browser, urls[name])]);
    report(`first frames, ms: ${taken.map(([name, ms]) => `${name} ${ms.toFixed(0)}`).join(", ")}`);
    if (round > 0) for (const [name, ms] of taken) times[name].push(ms);
  }
  const of = (name: Case): number => median(times[name]);
  return {
    empty: of("empty"),
    "raw-points": of("raw-points"),
    deckgl: of("deckgl"),
    twin: of("twin"),
    million: of("million"),
  };
}

async function baselineFrame(browser: Browser, url: string, name: string): Promise<number> {
  const { page, close } = await openPage(
    browser,
    `${url}/${name}/${name}.html`,
    "globalThis.baseline !== undefined",
  );
  const ms = await page.evaluate(() => globalThis.window.baseline?.firstFrameMs ?? Number.NaN);
  await close();
  return ms;
}

async function twinFrame(browser: Browser, address: string): Promise<number> {
  const { page, close } = await openTwin(browser, address);
  const ms = await firstFrame(page);
  await close();
  return ms;
}
