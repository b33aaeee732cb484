import type { Alarm } from "../../core/alarm-types.ts";
import type { PlantChange } from "../../ports/plant.ts";

/** What changed since some turn: the subjects, whose newest state is looked up when it is sent. */
export interface Changes {
  readonly tags: readonly number[];
  readonly sensors: readonly string[];
  readonly machines: readonly string[];
  readonly alarms: readonly Alarm[];
  /** Something of the models. */
  readonly models: boolean;
}

/** Remembers in which turn each subject last changed. One book serves all clients: a slow one just asks from an
 *  older turn, so what is kept does not grow with clients nor with how far behind they are. */
export interface ChangeBook {
  note(change: PlantChange): void;
  noteModels(): void;
  /** The plant itself is another: whoever has seen less than this turn must begin anew. */
  forget(): void;
  /** Ends the turn. @returns its number; changes from now on belong to the next */
  endTurn(): number;
  /** All that changed after the turn `seen`, or undefined where that is no longer known. */
  since(seen: number): Changes | undefined;
}

/** @param mostAlarms alarms remembered, oldest change forgotten first */
export function createChangeBook(mostAlarms: number): ChangeBook {
  let turn = 1;
  const tags = new Map<number, number>();
  const sensors = new Map<string, number>();
  const machines = new Map<string, number>();
  const alarms = new Map<string, { readonly alarm: Alarm; readonly turn: number }>();
  let models = 0;
  let forgotten = 0;

  function noteAlarm(alarm: Alarm): void {
    // Re-inserted, so that the first of the map is the one that changed longest ago.
    alarms.delete(alarm.id);
    alarms.set(alarm.id, { alarm, turn });
    for (const [id, entry] of alarms) {
      if (alarms.size <= mostAlarms) return;
      alarms.delete(id);
      forgotten = entry.turn;
    }
  }

  function after<Id>(map: ReadonlyMap<Id, number>, seen: number): Id[] {
    const ids: Id[] = [];
    for (const [id, changed] of map) if (changed > seen) ids.push(id);
    return ids;
  }

  return {
    note(change) {
      if (change.kind === "reading") tags.set(change.tag, turn);
      else if (change.kind === "score") sensors.set(change.score.sensor, turn);
      else if (change.kind === "health") machines.set(change.health.machine, turn);
      else noteAlarm(change.alarm);
    },
    noteModels() {
      models = turn;
    },
    forget() {
      forgotten = turn;
    },
    endTurn() {
      turn += 1;
      return turn - 1;
    },
    since(seen) {
      if (seen < forgotten) return undefined;
      return {
        tags: after(tags, seen),
        sensors: after(sensors, seen),
        machines: after(machines, seen),
        alarms: [...alarms.values()].filter((entry) => entry.turn > seen).map((entry) => entry.alarm),
        models: models > seen,
      };
    },
  };
}
