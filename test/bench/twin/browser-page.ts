import type { Browser, BrowserContext, Page } from "playwright-core";

export const VIEWPORT = { width: 1280, height: 720 } as const;
const PATIENCE_MS = 60_000;

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
  await page.waitForFunction(readyWhen, undefined, { timeout: PATIENCE_MS });
  return {
    page,
    async close() {
      await context.close();
      if (faults.length > 0) throw new Error(`${url} failed: ${faults[0]}`);
    },
  };
}
