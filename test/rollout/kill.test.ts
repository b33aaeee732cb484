import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readLine } from "../../edge-agent/src/adapters/audit-log/line.ts";
import { verifyAuditLog } from "../../edge-agent/src/adapters/audit-log/verify.ts";
import { parseState } from "../../edge-agent/src/core/rollout/state-json.ts";

const agent = fileURLToPath(new URL("./killed-agent.ts", import.meta.url));
type Moment = "after-state" | "before-audit" | "before-state";

interface Life {
  readonly signal: string | null;
  readonly moments: Readonly<Record<Moment, number>>;
  readonly champion: string;
  readonly isAlone: boolean;
}

/** One life of the agent, to the end of the trial or of itself. */
async function live(folder: string, kind: string, at = 0, moment: Moment = "after-state"): Promise<Life> {
  const child = spawn(process.execPath, [agent, folder, String(at), moment, kind], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const told = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const [out, complaints] = await told;
  if (signal === null && code !== 0) throw new Error(`the agent ended by itself: ${complaints}`);
  return { signal, ...(out === "" ? {} : JSON.parse(out)) };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "stethos-rollout-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What stands on the disk when all is over: one committed champion, no trial, a whole chain in which each entry is
 *  told once. */
async function check(folder: string, champion: string): Promise<void> {
  const { state, damage } = parseState(readFileSync(join(folder, "rollout.json"), "utf8"));
  expect(damage).toBeUndefined();
  expect(state.trial).toBeUndefined();
  expect(state.champion.model.version).toBe(champion);
  expect(state.outcomes).toHaveLength(1);
  const log = join(folder, "audit.ndjson");
  expect((await verifyAuditLog(log)).problems).toEqual([]);
  const numbers = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => Number(readLine(line)?.detail["number"]));
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
}

/** Kills an agent there, and lets the next one finish. */
const killAt = (kind: string, moment: Moment, at: number): Promise<string> =>
  inFolder(async (folder) => {
    const first = await live(folder, kind, at, moment);
    expect(first.signal, `${moment} ${at} was never reached`).toBe("SIGKILL");
    const second = await live(folder, kind);
    expect(second.isAlone).toBe(true);
    await check(folder, second.champion);
    return second.champion;
  });

/** The versions that were live in the end, of an agent killed at each moment of this kind. */
async function killEverywhere(kind: string, moment: Moment): Promise<readonly string[]> {
  const whole = await inFolder(async (folder) => {
    const life = await live(folder, kind);
    await check(folder, life.champion);
    return life;
  });
  const champions: string[] = [];
  for (let at = 1; at <= whole.moments[moment]; at += 1) champions.push(await killAt(kind, moment, at));
  expect(champions.length).toBeGreaterThan(6);
  return champions;
}

describe("an agent that is killed", { timeout: 240_000 }, () => {
  it.concurrent("right after any transition was written ends with a committed champion", async () => {
    const champions = await killEverywhere("good", "after-state");
    // In full and soak it falls back; before that the trial goes on, and what was decided is done.
    expect(new Set(champions)).toEqual(new Set(["0.1.0", "0.2.0"]));
    expect(champions.at(-1)).toBe("0.2.0");
    expect(champions.at(0)).toBe("0.2.0");
  });

  it.concurrent("right before any transition is written ends with a committed champion", async () => {
    const champions = await killEverywhere("good", "before-state");
    expect(champions.at(0)).toBe("0.2.0");
    expect(champions.at(-1)).toBe("0.2.0");
  });

  it.concurrent("between a transition and its entry in the audit log loses no entry and doubles none", async () => {
    await killEverywhere("good", "before-audit");
  });

  it.concurrent("while a worse model is on trial never keeps it", async () => {
    const champions = await killEverywhere("bad", "after-state");
    expect(new Set(champions)).toEqual(new Set(["0.1.0"]));
  });
});
