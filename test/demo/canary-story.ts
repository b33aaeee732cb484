import type { ModelsDto } from "../../edge-agent/src/core/rollout/models-dto.ts";

/** What the story needs of the agent that it is told of. */
export interface StoryDeps {
  /** "http://127.0.0.1:8642" */
  readonly address: string;
  say(text: string): void;
  /** Publishes a version and points the candidate channel at it. */
  publish(candidate: Candidate): Promise<void>;
  /** Two machines of the plant, as they never ran while they were learnt. */
  goToFullLoad(): void;
  readonly signal: AbortSignal;
}

export type Candidate = "better" | "worse";
export type Ending = { readonly candidate: Candidate; readonly kind: string; readonly reason: string };

type Trial = NonNullable<ModelsDto["trial"]>;
type Outcome = ModelsDto["outcomes"][number];

interface AlarmRow {
  readonly id: string;
  readonly machine: string;
  readonly state: string;
}

const LOOK_MS = 250;
/** Of the simulated plant; one sensor each. */
const MACHINES = 6;
/** A minute. */
const MOST_LOOKS = 240;
/** How long an operator looks at a spectrogram before he says what he sees. */
const LABEL_MS = 500;
const OPERATOR = "demo operator";

/** Tells what happens to models at an agent while the plant goes to full load: the better candidate by itself, after
 *  drift; then the worse one, by command. Labels disagreements as an operator would who knows that every machine of this
 *  plant is healthy. */
export async function tellCanaryStory(deps: StoryDeps): Promise<readonly Ending[]> {
  const teller = createTeller(deps.say);
  await untilLearnt(deps);
  deps.say("All machines are learnt. Fan and compressor go to full load.");
  deps.goToFullLoad();
  const first = await follow(deps, teller, "better", 0);
  await untilAlarmsAreOver(deps, teller);
  deps.say(
    "An ML engineer publishes another candidate, trained on mislabelled frames; somebody starts its trial.",
  );
  await deps.publish("worse");
  await startTrial(deps);
  const second = await follow(deps, teller, "worse", 1);
  const { counters } = await get<{ readonly counters: Readonly<Record<string, number>> }>(deps, "/v1/status");
  const dropped = (counters["dropped_frames"] ?? 0) + (counters["dropped_failed_frames"] ?? 0);
  deps.say(`${counters["frames_scored"] ?? 0} frames were scored, ${dropped} dropped.`);
  return [first, second];
}

/** Follows one candidate to its outcome. @param outcomesBefore how many the report held already */
async function follow(
  deps: StoryDeps,
  teller: Teller,
  candidate: Candidate,
  outcomesBefore: number,
): Promise<Ending> {
  const labelled = new Set<string>();
  for (;;) {
    deps.signal.throwIfAborted();
    const models = await get<ModelsDto>(deps, "/v1/models");
    teller.tell(models);
    teller.tellAlarms(await get<readonly AlarmRow[]>(deps, "/v1/alarms"));
    const [outcome] = models.outcomes;
    if (models.outcomes.length > outcomesBefore && outcome !== undefined && models.trial === undefined) {
      deps.say(outcomeText(outcome));
      return { candidate, kind: outcome.kind, reason: outcome.reason.code };
    }
    if (models.trial !== undefined) await labelDisagreements(deps, labelled);
    await pause(LOOK_MS, deps.signal);
  }
}

/** Until drift has a reference of every machine: what comes later is compared with it. */
async function untilLearnt(deps: StoryDeps): Promise<void> {
  for (;;) {
    const { drift } = await get<ModelsDto>(deps, "/v1/models");
    if (drift.counts.stable === MACHINES) return;
    await pause(LOOK_MS, deps.signal);
  }
}

/** The champion that knows full load raises no alarm on it: the false ones clear. */
async function untilAlarmsAreOver(deps: StoryDeps, teller: Teller): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const alarms = await get<readonly AlarmRow[]>(deps, "/v1/alarms");
    teller.tellAlarms(alarms);
    if (alarms.every(isOver)) return;
    await pause(LOOK_MS, deps.signal);
  }
}

async function startTrial(deps: StoryDeps): Promise<void> {
  for (;;) {
    const answer = await post(deps, "/v1/models/trial/start", { by: OPERATOR, reason: "a new candidate" });
    if (answer.ok) return;
    // The agent looks at the registry in its own time.
    await pause(LOOK_MS, deps.signal);
  }
}

async function labelDisagreements(deps: StoryDeps, labelled: Set<string>): Promise<void> {
  const open = await get<readonly { readonly frame: string; readonly label?: string }[]>(
    deps,
    "/v1/models/disagreements?most=100",
  );
  const fresh = open.filter(({ frame, label }) => label === undefined && !labelled.has(frame));
  if (fresh.length === 0) return;
  await pause(LABEL_MS, deps.signal);
  for (const { frame } of fresh) {
    labelled.add(frame);
    await post(deps, `/v1/frames/${encodeURIComponent(frame)}/label`, { by: OPERATOR, verdict: "false" });
  }
}

/** Cleared, acknowledged or not (ISA-18.2). */
const isOver = ({ state }: Pick<AlarmRow, "state">): boolean =>
  state === "normal" || state === "unacknowledged-cleared";

type Teller = ReturnType<typeof createTeller>;

/** Says each thing once, when it happens. */
function createTeller(say: StoryDeps["say"]) {
  let warnings = 0;
  let stage = "";
  let evidence = "";
  const once = new Set<string>();
  const sayOnce = (key: string, text: string) => {
    if (once.has(key)) return;
    once.add(key);
    say(text);
  };
  return {
    tell({ champion, trial, drift }: ModelsDto): void {
      sayOnce("champion", `Champion: ${champion.name} ${champion.version}.`);
      const most = Math.max(0, ...drift.worst.map((sensor) => sensor.warnings));
      const [worst] = drift.worst;
      if (worst !== undefined && most > warnings && trial === undefined) {
        say(
          `Drift: ${worst.machine} sounds unlike its reference (${worst.layer}, ${worst.ratio?.toFixed(1)} x its threshold), warning ${most} of ${drift.needed}.`,
        );
      }
      warnings = most;
      if (trial === undefined) return;
      if (trial.stage !== stage) say(stageText(trial));
      stage = trial.stage;
      const { better, worse, evidenceBetter, evidenceWorse, evidenceNeeded } = trial.evidence;
      const decided = Math.max(evidenceBetter, evidenceWorse) >= evidenceNeeded;
      const step = `${decided} ${Math.floor((better + worse) / LABELS_A_LINE)}`;
      if (step !== evidence && better + worse > 0) say(`  ${evidenceText(trial)}`);
      evidence = step;
    },
    tellAlarms(alarms: readonly AlarmRow[]): void {
      for (const { id, machine, state } of alarms) {
        if (isOver({ state }))
          sayOnce(`${id} over`, `The alarm of ${machine} is over: its windows are normal again.`);
        else sayOnce(id, `ALARM of ${machine}: a false one, as its operator knows.`);
      }
    },
  };
}

const LABELS_A_LINE = 8;

function outcomeText({ kind, model, reason }: Outcome): string {
  const name = `${model.name} ${model.version}`;
  switch (reason.code) {
    case "accuracy-rose":
      return `${name} is ${kind}: accuracy rose by ${reason.gainPoints.toFixed(1)} points, e-value ${reason.evidence.toPrecision(2)}.`;
    case "accuracy-fell":
      return `${name} is ${kind}: ${reason.worse} labelled disagreements for the champion, ${reason.better} for it.`;
    case "alarms-rose":
      return `${name} is ${kind}: it would have raised more alarms, ${reason.challenger} abnormal windows where the champion has ${reason.champion}.`;
    default:
      return `${name} is ${kind}: ${JSON.stringify(reason)}.`;
  }
}

function stageText({ challenger, stage, share, hears, because }: Trial): string {
  const name = `${challenger.name} ${challenger.version}`;
  switch (stage) {
    case "verify":
      return `Candidate ${name} (${because}): fetched, signature and every byte checked.`;
    case "load":
      return `Load: ${name} opens in a thread of its own.`;
    case "warm":
      return "Warm: it reproduces its golden vectors.";
    case "golden":
      return "Golden: both models hear the labelled set of the package.";
    case "shadow":
      return `Shadow: ${name} hears the same frames and acts on nothing.`;
    case "canary":
      return `Canary: ${name} acts on ${(100 * share).toFixed(0)} % of the frames and hears ${(100 * hears).toFixed(0)} %.`;
    case "full":
      return `Full: ${name} acts on every frame.`;
    case "soak":
      return "Soak: its errors are watched before it is committed.";
    case "commit":
      return `Commit: ${name} is the champion.`;
    case "rollback":
      return "Roll back: the champion acts alone again, the candidate is remembered as rejected.";
    default:
      return stage satisfies never;
  }
}

/** In steps that a reader can follow. */
function evidenceText({ evidence }: Trial): string {
  const { better, worse, evidenceBetter, evidenceWorse, evidenceNeeded, frames } = evidence;
  if (better + worse === 0) return "";
  return `labelled disagreements: ${better} for the candidate, ${worse} for the champion, of ${frames} frames; e-value ${Math.max(evidenceBetter, evidenceWorse).toPrecision(2)}, ${evidenceNeeded} decides`;
}

async function get<T>(deps: StoryDeps, path: string): Promise<T> {
  const answer = await fetch(deps.address + path, { signal: deps.signal });
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

const post = (deps: StoryDeps, path: string, body: object): Promise<Response> =>
  fetch(deps.address + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: deps.signal,
  });

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
