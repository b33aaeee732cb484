import { type Browser, chromium } from "playwright-core";

/** Debian's place for it; STETHOS_CHROMIUM names another. */
const EXECUTABLE = process.env["STETHOS_CHROMIUM"] ?? "/usr/bin/chromium";

/** A real Chromium that draws WebGL in software and talks to nobody but the test. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
