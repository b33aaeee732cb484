import type { Browser, BrowserContext, Page } from "playwright-core";

export const VIEWPORT = { width: 1280, height: 720 } as const;
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

export interface OpenPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** A page in a context of its own: nothing cached, nothing left behind. What goes wrong in it fails the benchmark. */
export async function openPage(browser: Browser, url: string, readyWhen: string): Promise<OpenPage> {
  const context: BrowserContext = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(url);
  await waitUntil(page, readyWhen);
  return {
    page,
    async close() {
      await context.close();
      if (faults.length > 0) throw new Error(`${url} failed: ${faults[0]}`);
    },
  };
}

/** The product's policy forbids scripts to evaluate texts, and so playwright's own waiting. */
async function waitUntil(page: Page, isTrue: string): Promise<void> {
  const isReady = await page.evaluate<boolean>(`new Promise((done) => {
    const look = () => {
      if (${isTrue}) done(true);
      else if (performance.now() > ${PATIENCE_MS}) done(false);
      else setTimeout(look, ${LOOK_MS});
    };
    look();
  })`);
  if (!isReady) throw new Error(`${page.url()}: no ${isTrue} within ${PATIENCE_MS} ms`);
}
