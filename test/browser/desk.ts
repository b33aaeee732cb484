import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { builtPage } from "./built-page.ts";
import { launchChromium } from "./chromium.ts";
import { saveCoverage, startCoverage } from "./coverage.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

/** An operator's desk: one browser for all tests, a fresh plant and a fresh window for each. */
export interface Desk {
  readonly server: ScriptedServer;
  /** Opens the page and waits until it is live. */
  open(options?: OpenOptions): Promise<Page>;
}

interface OpenOptions extends BrowserContextOptions {
  /** What the page must show before the test goes on; live by default. */
  readonly until?: string;
  /** Runs in the page before its own scripts. */
  readonly before?: (page: Page) => Promise<unknown>;
  /** After the page's address, "?probe" among others. */
  readonly query?: string;
}

const LIVE = 'body[data-feed="live"] [data-machine]';
const WAIT_MS = 15_000;
const DESK_SIZE = { width: 1280, height: 720 } as const;
/** Remarks about the machine that runs the test, not about the page. */
const IGNORED =
  /Service Worker registration blocked by Playwright|GPU stall|GL Driver Message|Password forms|Failed to load resource|WebSocket connection/;

/** Prepares a desk before each test and looks, after it, at what the browser complained about. */
export function useDesk(): Desk {
  const state: { browser?: Browser; server?: ScriptedServer; folder?: string } = {};
  const pages: Page[] = [];
  const complaints: string[] = [];
  let opened = 0;

  const existing = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error("the desk is not ready");
    return thing;
  };

  beforeAll(async () => {
    state.folder = await builtPage();
    state.browser = await launchChromium();
  }, 120_000);
  beforeEach(async () => {
    state.server = await startScriptedServer(existing(state.folder));
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) {
      opened += 1;
      await saveCoverage(page, existing(state.folder), `page-${process.pid}-${opened}`);
      await page.context().close();
    }
    await state.server?.close();
    // Also a violation of the content security policy is a complaint.
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await state.browser?.close();
  });

  return {
    get server() {
      return existing(state.server);
    },
    async open({ until = LIVE, before, query = "", ...options } = {}) {
      const context = await existing(state.browser).newContext({
        viewport: DESK_SIZE,
        locale: "en-GB",
        timezoneId: "Asia/Shanghai",
        // A test that is about them allows them: elsewhere the network's answers are the test's.
        serviceWorkers: "block",
        ...options,
      });
      const page = await context.newPage();
      // Before the test's own time is over: then the line that waits in vain is named.
      page.setDefaultTimeout(WAIT_MS);
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        const isLoud = message.type() === "error" || message.type() === "warning";
        if (isLoud && !IGNORED.test(message.text())) complaints.push(message.text());
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(existing(state.server).url)) complaints.push(`asked ${request.url()}`);
      });
      pages.push(page);
      await startCoverage(page);
      await before?.(page);
      await page.goto(`${existing(state.server).url}${query}`);
      await page.waitForSelector(until);
      return page;
    },
  };
}

/** The 3D view has drawn the plant. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForSelector(".scene canvas[data-frames] ~ .labels [data-label] svg");
}

/** The detail panel speaks of this machine: with the next picture, not at once. */
export const titled = (page: Page, name: string): Promise<void> =>
  page.locator("#detail-title", { hasText: name }).waitFor();

export const frames = (page: Page): Promise<number> =>
  page.locator(".scene canvas").evaluate((canvas) => Number(canvas.dataset["frames"] ?? 0));
