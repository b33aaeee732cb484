import type { AlarmDto } from "@stethos/edge-agent/core";

/** Which alarms are ticked, to be shelved together. Only what is shown can be: nobody shelves what he does not see. */
export interface AlarmChoice {
  has(id: string): boolean;
  /** Ticks these, or takes the ticks away. */
  set(ids: readonly string[], isOn: boolean): void;
  /** Forgets what is no longer shown or can no longer be shelved. */
  keep(shown: readonly AlarmDto[]): void;
  alarms(shown: readonly AlarmDto[]): readonly AlarmDto[];
}

/** It is not over, and nothing keeps it from calling yet. */
export const canShelve = ({ inhibit, state }: AlarmDto): boolean =>
  inhibit === undefined && state !== "normal";

/** How much of some alarms is ticked; those that cannot be do not count. */
export type Ticked = "all" | "none" | "some";

export function ticked(alarms: readonly AlarmDto[], choice: Pick<AlarmChoice, "has">): Ticked {
  const open = alarms.filter(canShelve);
  const count = open.filter(({ id }) => choice.has(id)).length;
  return count === 0 ? "none" : count === open.length ? "all" : "some";
}

export function createAlarmChoice(): AlarmChoice {
  let chosen: ReadonlySet<string> = new Set();
  return {
    has: (id) => chosen.has(id),
    set(ids, isOn) {
      const next = new Set(chosen);
      for (const id of ids)
        if (isOn) next.add(id);
        else next.delete(id);
      chosen = next;
    },
    keep(shown) {
      const open = new Set(shown.filter(canShelve).map(({ id }) => id));
      chosen = new Set([...chosen].filter((id) => open.has(id)));
    },
    alarms: (shown) => shown.filter(({ id }) => chosen.has(id)),
  };
}
