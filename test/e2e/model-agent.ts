import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type {
  AuditEntryDto,
  DisagreementDto,
  ModelsDto,
} from "../../edge-agent/src/core/rollout/models-dto.ts";
import { type Child, startScript } from "./processes.ts";

/** A whole agent process and the people who talk to its API. */
export interface ModelAgent {
  readonly child: Child;
  models(): Promise<ModelsDto>;
  /** Newest first. */
  history(): Promise<readonly AuditEntryDto[]>;
  metrics(): Promise<string>;
  counters(): Promise<Readonly<Record<string, number>>>;
  command(name: "abort" | "pause" | "promote" | "resume" | "start"): Promise<number>;
  /** Labels what the models disagree on and nobody has labelled yet. @returns how many */
  label(verdictOf: (one: DisagreementDto) => "false" | "not-sure" | "real"): Promise<number>;
  /** Looks until it is so. @throws with what the agent said last */
  until(what: string, isSo: (models: ModelsDto) => boolean): Promise<ModelsDto>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** What makes a whole trial take seconds. */
export const quickModels = {
  pollSeconds: 1,
  startOn: "published",
  rollout: {
    shadowFrames: 20,
    canaryShares: [0.5],
    canaryFrames: 4,
    soakMinutes: 0.02,
    gate: {
      blockSeconds: 0,
      alarmBlockSeconds: 0,
      warmUpFrames: 2,
      latencyBatchFrames: 2,
      latencyMostPercent: 1000,
      memoryMostMib: 2000,
    },
  },
};

const LOOK_MS = 100;
const LOOKS_MS = 90_000;
const OPERATOR = "ana";

export async function startModelAgent(
  folder: string,
  config: string,
  env: Record<string, string | undefined> = {},
): Promise<ModelAgent> {
  const file = configFile(folder);
  await writeFile(file, config);
  const child = startScript("edge-agent/src/main.ts", ["run", "-c", file], env);
  const address = /http:\S+/.exec(await child.line(/is listening/))?.[0] ?? "";
  const get = async <T>(path: string): Promise<T> => (await (await fetch(address + path)).json()) as T;
  const post = async (path: string, body: object): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(address + path, { method: "POST", headers, body: JSON.stringify(body) });
    await answer.text();
    return answer.status;
  };
  const models = () => get<ModelsDto>("/v1/models");
  return {
    child,
    models,
    history: () => get("/v1/models/history?most=1000"),
    metrics: async () => (await fetch(`${address}/metrics`)).text(),
    counters: async () => (await get<{ counters: Record<string, number> }>("/v1/status")).counters,
    command: (name) => post(`/v1/models/trial/${name}`, { by: OPERATOR, reason: "a test" }),
    async label(verdictOf) {
      const open = await get<readonly DisagreementDto[]>("/v1/models/disagreements?most=200");
      let labelled = 0;
      for (const one of open.filter((each) => each.label === undefined)) {
        const body = { by: OPERATOR, verdict: verdictOf(one) };
        if ((await post(`/v1/frames/${encodeURIComponent(one.frame)}/label`, body)) === 200) labelled += 1;
      }
      return labelled;
    },
    async until(what, isSo) {
      const end = performance.now() + LOOKS_MS;
      for (;;) {
        const now = await models();
        if (isSo(now)) return now;
        if (performance.now() > end) {
          throw new Error(`never: ${what}\n${JSON.stringify(now, undefined, 1)}\n${child.output()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async stop() {
      expect(await child.stop()).toBe(0);
    },
    async kill() {
      await child.stop("SIGKILL");
    },
  };
}

const configFile = (folder: string): string => join(folder, "agent.yaml");

/** `stethos audit verify`, as anybody would run it. @throws with its words where the log is not whole */
export async function verifyAudit(folder: string): Promise<string> {
  const child = startScript("edge-agent/src/main.ts", ["audit", "verify", "-c", configFile(folder)]);
  const code = await child.ended();
  if (code !== 0) throw new Error(child.output());
  return child.output();
}
