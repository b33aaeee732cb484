import type { Browser, Page } from "playwright-core";
import { type OpenPage, openPage } from "./browser-page.ts";

/** What the product's page tells with ?probe, as far as the benchmark reads it. */
export interface TwinProbe {
  readonly t: { readonly firstFrame?: number; readonly firstData?: number };
  readonly counts: { readonly points: number; readonly drawnPoints: number; readonly drawCalls: number };
  readonly frame: { readonly total: Readonly<Record<"changed" | "everything" | "none" | "points", number>> };
  readonly feed: {
    readonly lost: number;
    readonly resyncs: number;
    readonly drawn: number;
    readonly applied: number;
    readonly latP95: number;
  };
}

declare const __twin: TwinProbe;

export const openTwin = (browser: Browser, address: string): Promise<OpenPage> =>
  openPage(browser, `${address}/?probe`, "globalThis.__twin?.t.firstFrame !== undefined");

export const firstFrame = (page: Page): Promise<number> =>
  page.evaluate(() => __twin.t.firstFrame ?? Number.NaN);

export const probeOf = (page: Page) =>
  page.evaluate(() => {
    const { counts, feed, frame, t } = __twin;
    return { counts, feed, t, total: { ...frame.total }, now: performance.now() };
  });
