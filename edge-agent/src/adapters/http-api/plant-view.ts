import type { Alarm } from "../../core/alarm-types.ts";
import type { FeedMessage, MachineDto } from "../../core/feed.ts";
import { alarmDto, healthDto, machineDto, scoreDto } from "../../core/feed-map.ts";
import type { Machine, Sensor } from "../../core/machine.ts";
import { modelTitle } from "../../core/model.ts";
import type { Reading } from "../../core/reading.ts";
import { type ModelsDto, modelsDto } from "../../core/rollout/models-dto.ts";
import type { Tag } from "../../core/tag.ts";
import { rfc3339, type TimeUs } from "../../core/time.ts";
import type { Plant } from "../../ports/plant.ts";
import type { Rollouts } from "../../ports/rollout.ts";
import type { Changes } from "./feed-changes.ts";

/** The plant in the words of the feed. */
export interface PlantView {
  machine(machine: Machine): MachineDto;
  findMachine(id: string): Machine | undefined;
  findSensor(id: string): Sensor | undefined;
  findTag(id: string): Tag | undefined;
  /** Whether the tag belongs to a machine; asked for each single reading. */
  isOfMachine(tag: number): boolean;
  /** Newest reading of a tag, by its id. */
  reading(tag: string): Reading | undefined;
  models(): ModelsDto;
  snapshot(nowUs: TimeUs): FeedMessage;
  /** Undefined where nothing of what changed is there any more. */
  change(changes: Changes, nowUs: TimeUs): FeedMessage | undefined;
}

export function createPlantView(plant: Plant, rollouts: Pick<Rollouts, "report">): PlantView {
  let indices = new Map<string, number>();
  let indexed: { readonly tags: readonly Tag[]; readonly length: number } = { tags: [], length: 0 };

  /** The plant's table may be another one after a reload, or the same with more in it. */
  function indexOf(tag: string): number | undefined {
    const { tags } = plant;
    const known = indices.get(tag);
    if (known !== undefined && tags[known]?.id === tag) return known;
    if (indexed.tags === tags && indexed.length === tags.length) return undefined;
    indexed = { tags, length: tags.length };
    indices = new Map(tags.map(({ id }, i) => [id, i]));
    return indices.get(tag);
  }

  function reading(tag: string): Reading | undefined {
    const index = indexOf(tag);
    return index === undefined ? undefined : plant.newestReading(index);
  }

  let ofMachines = new Uint8Array(0);
  let marked: readonly Machine[] | undefined;

  function isOfMachine(tag: number): boolean {
    if (marked !== plant.machines || tag >= ofMachines.length) {
      marked = plant.machines;
      ofMachines = new Uint8Array(Math.max(plant.tags.length, tag + 1));
      for (const { tags } of marked) for (const id of tags) ofMachines[indexOf(id) ?? ofMachines.length] = 1;
    }
    return ofMachines[tag] === 1;
  }

  const { version } = plant.status();
  const machineWith = (one: Machine, alarms: readonly Alarm[]): MachineDto =>
    machineDto(one, {
      tags: present(one.tags.map((id) => plant.tags[indexOf(id) ?? -1])),
      health: plant.health(one.id),
      scores: present(one.sensors.map((sensor) => plant.newestScore(sensor.id))),
      readings: present(one.tags.map(reading)),
      alarms,
    });

  const models = (): ModelsDto => modelsDto(rollouts.report());

  return {
    machine: (one) => machineWith(one, plant.alarms()),
    isOfMachine,
    models,
    reading,
    findMachine: (id) => plant.machines.find((one) => one.id === id),
    findSensor: (id) => plant.machines.flatMap(({ sensors }) => sensors).find((one) => one.id === id),
    findTag: (id) => plant.tags[indexOf(id) ?? -1],
    snapshot(nowUs) {
      const report = models();
      const alarms = plant.alarms();
      const { champion } = report;
      return {
        kind: "snapshot",
        time: rfc3339(nowUs),
        agent: { version, model: modelTitle(champion) },
        machines: plant.machines.map((one) => machineWith(one, alarms)),
        alarms: alarms.map(alarmDto),
        models: report,
      };
    },
    change(changes, nowUs) {
      const message = {
        kind: "change",
        time: rfc3339(nowUs),
        health: changes.machines.map((id) => healthDto(plant.health(id))),
        scores: present(changes.sensors.map((id) => plant.newestScore(id))).map(scoreDto),
        readings: present(changes.tags.map((tag) => plant.newestReading(tag))),
        alarms: changes.alarms.map(alarmDto),
      } as const;
      const { health, scores, readings, alarms } = message;
      return health.length + scores.length + readings.length + alarms.length > 0 ? message : undefined;
    },
  };
}

const present = <T>(items: readonly (T | undefined)[]): T[] => items.filter((item) => item !== undefined);
