// A rollout with its real state file and audit log and quick models, that lives through a whole trial and kills itself,
// as `kill -9` would, at the transition it is told to; kill.test.ts starts it again. Arguments: folder, which transition
// (0: none), the moment (before or after its write, before its audit entry), and whether the challenger is "good" or
// "bad". It prints what it serves at the end, and how many moments there were.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAuditLog } from "../../edge-agent/src/adapters/audit-log/audit-log.ts";
import { createStateFile } from "../../edge-agent/src/adapters/state-file/state-file.ts";
import { parseState } from "../../edge-agent/src/core/rollout/state-json.ts";
import { createRollOut } from "../../edge-agent/src/flow/roll-out.ts";
import { readLiveModels } from "../../edge-agent/src/flow/roll-out-keeper.ts";
import type { AuditLog } from "../../edge-agent/src/ports/audit-log.ts";
import type { StateFile } from "../../edge-agent/src/ports/state-file.ts";
import { version, withGate } from "./events.ts";
import { fakeField, fakeModel, fakeServer, fakeStore } from "./fakes.ts";
import { createFastClock } from "./fast-clock.ts";
import { feedFrames } from "./feed.ts";
import { silentLogger } from "./silent-logger.ts";

const [folder = "", at = "0", moment = "after-state", kind = "good"] = process.argv.slice(2);
const moments = { "before-state": 0, "after-state": 0, "before-audit": 0 };
let stage = "";

function maybeDie(now: keyof typeof moments): void {
  moments[now] += 1;
  if (now === moment && moments[now] === Number(at)) process.kill(process.pid, "SIGKILL");
}

/** Where the rollout stands: only a change of it is a transition. */
function stageOf(text: string): string {
  const { trial, champion } = parseState(text).state;
  return `${champion.model.version} ${trial?.stage ?? "idle"}`;
}

const clock = createFastClock(50);
const file = createStateFile(join(folder, "rollout.json"));
const state: StateFile = {
  read: () => file.read(),
  async write(text) {
    const isTransition = stageOf(text) !== stage;
    stage = stageOf(text);
    if (isTransition) maybeDie("before-state");
    await file.write(text);
    if (isTransition) maybeDie("after-state");
  },
};
const log = await openAuditLog({ file: join(folder, "audit.ndjson") }, () => clock.nowUs());
const audit: AuditLog = {
  async append(entry) {
    if (entry.what !== "labelled") maybeDie("before-audit");
    return log.append(entry);
  },
  newest: (most, signal) => log.newest(most, signal),
};

const store = fakeStore(join(folder, "models"), {
  candidate: { model: version(2), channel: "candidate", isRollback: false, sequence: 1 },
});
const [live = version(1)] = await readLiveModels(state, silentLogger);
if (live.digest === version(1).digest) writeFileSync(join(folder, "models", live.digest), "");
const champion = fakeModel(await store.installed(live, AbortSignal.timeout(1000)));
await champion.warm(AbortSignal.timeout(1000));
const server = fakeServer(champion);
const rollOut = await createRollOut({
  server,
  store,
  load: async (installed) => fakeModel(installed),
  state,
  audit,
  field: fakeField(),
  clock,
  logger: silentLogger,
  random: Math.random,
  policy: { ...withGate({ alpha: 0.35 }), shadowFrames: 24, canaryFrames: 5, soakMinutes: 0 },
  channels: { candidateChannel: "candidate", stableChannel: "stable", pollSeconds: 1, startOn: "published" },
  memoryMib: () => 100,
  drift: () => ({ needed: 3, sensors: [] }),
  onWanting: async () => false,
});

const stop = new AbortController();
const run = rollOut.run(stop.signal);
const limit = AbortSignal.timeout(20_000);
await feedFrames({ rollOut, server, isGood: kind === "good", limit });
stop.abort();
await run;
await log.close();
process.stdout.write(
  `${JSON.stringify({ moments, champion: server.champion.contract.version, isAlone: server.challenger === undefined })}\n`,
);
