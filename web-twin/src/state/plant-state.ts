import type {
  AlarmDto,
  FeedMessage,
  HealthDto,
  InhibitDto,
  MachineDto,
  ModelsDto,
  Reading,
  ScoreDto,
} from "@stethos/edge-agent/core";
import type { Change, Snapshot } from "../stream/message.ts";

/** The plant as the agent last described it. */
export interface PlantState {
  readonly agent?: Snapshot["agent"];
  /** In the agent's order. */
  readonly machines: ReadonlyMap<string, MachineDto>;
  readonly alarms: ReadonlyMap<string, AlarmDto>;
  /** Absent where the agent does not tell. */
  readonly models?: ModelsDto;
  /** Whose newest readings stand with which machines, by tag id. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** The agent's clock when it last spoke, ms since 1970. */
  readonly agentTimeMs?: number;
}

/** What a message touched. */
export interface Touched {
  /** The set of machines itself changed. */
  readonly structure: boolean;
  readonly machines: ReadonlySet<string>;
  readonly alarms: boolean;
  readonly models: boolean;
}

export const emptyPlant: PlantState = { machines: new Map(), alarms: new Map(), owners: new Map() };

const NOTHING: Touched = { structure: false, machines: new Set(), alarms: false, models: false };

function ownersOf(machines: readonly MachineDto[]): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const machine of machines) {
    for (const tag of machine.tags) {
      const known = owners.get(tag.id);
      if (known === undefined) owners.set(tag.id, [machine.id]);
      else known.push(machine.id);
    }
  }
  return owners;
}

function fromSnapshot(message: Snapshot): PlantState {
  return {
    agent: message.agent,
    machines: new Map(message.machines.map((machine) => [machine.id, machine])),
    alarms: new Map(message.alarms.map((alarm) => [alarm.id, alarm])),
    owners: ownersOf(message.machines),
    ...(message.models && { models: message.models }),
    agentTimeMs: Date.parse(message.time),
  };
}

/** `items` with each of `newer` in the place of the one with its key, or at the end. */
function replaced<T>(items: readonly T[], newer: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  for (const item of newer) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

interface News {
  health?: HealthDto;
  readonly scores: ScoreDto[];
  readonly readings: Reading[];
}

/** The news of a change, sorted by machine; news of machines that the snapshot did not name are left out. */
function newsByMachine(state: PlantState, message: Change): ReadonlyMap<string, News> {
  const news = new Map<string, News>();
  const of = (machine: string): News | undefined => {
    if (!state.machines.has(machine)) return undefined;
    const known = news.get(machine) ?? { scores: [], readings: [] };
    news.set(machine, known);
    return known;
  };
  for (const health of message.health) {
    const entry = of(health.machine);
    if (entry !== undefined) entry.health = health;
  }
  for (const score of message.scores) of(score.machine)?.scores.push(score);
  for (const reading of message.readings) {
    for (const owner of state.owners.get(reading.tag) ?? []) of(owner)?.readings.push(reading);
  }
  return news;
}

function updated(machine: MachineDto, news: News): MachineDto {
  return {
    ...machine,
    health: news.health ?? machine.health,
    scores: replaced(machine.scores, news.scores, (score) => score.sensor),
    readings: replaced(machine.readings, news.readings, (reading) => reading.tag),
  };
}

/** Alarms that are over stay on the list for a while, but not without end. */
const MOST_OVER = 500;

/** The alarms with the newer ones; of those that are over, the longest known give way. */
function withAlarms(
  known: ReadonlyMap<string, AlarmDto>,
  newer: readonly AlarmDto[],
): ReadonlyMap<string, AlarmDto> {
  if (newer.length === 0) return known;
  const alarms = new Map(known);
  for (const alarm of newer) alarms.set(alarm.id, alarm);
  let over = 0;
  for (const { state } of alarms.values()) if (state === "normal") over += 1;
  for (const { id, state } of alarms.values()) {
    if (over <= MOST_OVER) break;
    if (state !== "normal") continue;
    alarms.delete(id);
    over -= 1;
  }
  return alarms;
}

function fromChange(state: PlantState, message: Change): { state: PlantState; touched: Touched } {
  const news = newsByMachine(state, message);
  const machines = new Map(state.machines);
  for (const [id, entry] of news) {
    const machine = machines.get(id);
    if (machine !== undefined) machines.set(id, updated(machine, entry));
  }
  return {
    state: {
      ...state,
      machines,
      alarms: withAlarms(state.alarms, message.alarms),
      agentTimeMs: Date.parse(message.time),
    },
    touched: {
      structure: false,
      machines: new Set([...news.keys(), ...message.alarms.map((alarm) => alarm.machine)]),
      alarms: message.alarms.length > 0,
      models: false,
    },
  };
}

/** The state after a message, and what it touched. */
export function applyMessage(
  state: PlantState,
  message: FeedMessage,
): { readonly state: PlantState; readonly touched: Touched } {
  switch (message.kind) {
    case "snapshot": {
      const next = fromSnapshot(message);
      return {
        state: next,
        touched: { structure: true, machines: new Set(next.machines.keys()), alarms: true, models: true },
      };
    }
    case "change":
      return fromChange(state, message);
    case "models":
      return {
        state: { ...applyModels(state, message.models), agentTimeMs: Date.parse(message.time) },
        touched: { ...NOTHING, models: true },
      };
    case "heartbeat":
      return { state: { ...state, agentTimeMs: Date.parse(message.time) }, touched: NOTHING };
  }
}

/** The state after the agent answered a command with an alarm's new state. */
export function applyAlarm(state: PlantState, alarm: AlarmDto): PlantState {
  return { ...state, alarms: withAlarms(state.alarms, [alarm]) };
}

/** The state after the agent answered that a source is inhibited, or is not any more. */
export function applyInhibit(
  state: PlantState,
  source: string,
  inhibit: InhibitDto | undefined,
): { readonly plant: PlantState; readonly machines: ReadonlySet<string> } {
  const touched = [...state.alarms.values()]
    .filter((alarm) => alarm.sensor === source)
    .map(({ inhibit: _, ...alarm }) => (inhibit === undefined ? alarm : { ...alarm, inhibit }));
  return {
    plant: { ...state, alarms: withAlarms(state.alarms, touched) },
    machines: new Set(touched.map(({ machine }) => machine)),
  };
}

/** The state after the agent told of its models. */
export const applyModels = (state: PlantState, models: ModelsDto): PlantState => ({ ...state, models });
