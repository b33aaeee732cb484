import { z } from "zod";
import { type AlarmFilter, alarmMatcher, byNewest } from "../../core/alarm-filter.ts";
import { type Alarm, PRIORITIES } from "../../core/alarm-types.ts";
import type { ApiContext } from "./api-types.ts";
import { HttpProblem, quoted } from "./problem.ts";
import { countParam, timeParam, wordsParam } from "./requests.ts";

const MOST_ALARMS = 1000;
const USUAL_ALARMS = 100;
const MOST_EXPORTED = 10_000;
const MOST_ID_LENGTH = 512;
const idText = z.string().min(1).max(MOST_ID_LENGTH);

const filters = {
  open: z
    .enum(["true", "false"])
    .default("false")
    .describe(
      "true: only those that are active, or cleared and not acknowledged, and not kept from the operators",
    ),
  from: timeParam.optional().describe("Raised from here on"),
  to: timeParam.optional().describe("Raised before"),
  machine: idText.optional(),
  area: idText.optional().describe("The second part of a machine's id"),
  priority: z.enum(PRIORITIES).optional(),
  q: wordsParam
    .optional()
    .describe("Words that machine, source, reason or acknowledger contain, each of them"),
  before: idText.optional().describe("Id of the last alarm of the page before"),
};

export const alarmsQuery = z.strictObject({
  ...filters,
  most: countParam(MOST_ALARMS, USUAL_ALARMS).describe("Newest first, at most so many"),
});

export const exportQuery = z.strictObject({
  ...filters,
  most: countParam(MOST_EXPORTED, MOST_EXPORTED).describe("Newest first, at most so many"),
});

type AlarmsQuery = z.output<typeof alarmsQuery>;

/** The alarms that are asked for, newest first: the agent's own state of an alarm wins over what the store holds, which
 *  may be a second old. */
export async function findAlarms(
  { plant, history }: ApiContext,
  { open, from, to, most, before, ...rest }: AlarmsQuery,
  signal: AbortSignal,
): Promise<readonly Alarm[]> {
  const openOnly = open === "true";
  const asked: AlarmFilter = { fromUs: from, toUs: to, ...rest };
  const last = before === undefined ? undefined : await findAlarm({ plant, history }, before, signal);
  if (before !== undefined && last === undefined)
    throw new HttpProblem("not-found", `there is no alarm ${quoted(before)} to go on from; begin anew`);
  const filter = { ...asked, ...(last && { before: { id: last.id, raisedUs: last.raisedUs } }) };
  // What is suppressed or inhibited is open to the store and not to the operators: it must not fill the page.
  const room = openOnly ? Math.max(most, MOST_ALARMS) : most;
  const kept = await history.alarms({ ...filter, most: room, openOnly }, signal);
  return newestStates(kept, plant.alarms())
    .filter(alarmMatcher({ ...filter, openOnly }))
    .slice(0, most);
}

function newestStates(kept: readonly Alarm[], current: readonly Alarm[]): Alarm[] {
  const byId = new Map([...kept, ...current].map((one) => [one.id, one]));
  return [...byId.values()].sort(byNewest);
}

/** One alarm as it is now. */
export async function findAlarm(
  { plant, history }: Pick<ApiContext, "history" | "plant">,
  id: string,
  signal: AbortSignal,
): Promise<Alarm | undefined> {
  return plant.alarms().find((one) => one.id === id) ?? (await history.alarm(id, signal));
}
