import type { RuleTag } from "../core/rules/rule.ts";
import { pathText, type Tag } from "../core/tag.ts";
import type { PlantConfig } from "./build-plant.ts";

/** What rules can be about, by asset. */
export interface RulesPlant {
  readonly site: string;
  readonly assets: ReadonlyMap<string, RulesAsset>;
  /** By id. */
  readonly tags: ReadonlyMap<string, Tag>;
  /** How each tag is read, by id. */
  readonly reading: ReadonlyMap<string, RuleTag>;
}

export interface RulesAsset {
  readonly id: string;
  /** Tags by name. */
  readonly tags: ReadonlyMap<string, Tag>;
  /** Ids of sensors by what they are called: their own name, and that of their waveform. */
  readonly sensors: ReadonlyMap<string, string>;
}

/** @param site as at the top of the configuration file */
export function rulesPlant(
  site: string,
  plant: Pick<PlantConfig, "devices" | "machines" | "tags">,
): RulesPlant {
  const assets = new Map<string, { id: string; tags: Map<string, Tag>; sensors: Map<string, string> }>();
  const assetOf = (id: string) => {
    const known = assets.get(id) ?? { id, tags: new Map(), sensors: new Map() };
    assets.set(id, known);
    return known;
  };
  for (const tag of plant.tags) assetOf(pathText(tag.path)).tags.set(tag.name, tag);
  for (const machine of plant.machines) {
    const { sensors } = assetOf(machine.id);
    for (const sensor of machine.sensors) {
      sensors.set(sensor.name, sensor.id);
      sensors.set(sensor.id.slice(sensor.id.lastIndexOf("/") + 1), sensor.id);
    }
  }
  return {
    site,
    assets,
    tags: new Map(plant.tags.map((tag) => [tag.id, tag])),
    reading: readingOf(plant),
  };
}

function readingOf({ devices }: Pick<PlantConfig, "devices">): Map<string, RuleTag> {
  const reading = new Map<string, RuleTag>();
  for (const { plan } of devices)
    for (const group of plan.groups)
      for (const index of group.tags) {
        const tag = plan.tags[index];
        if (tag === undefined) continue;
        reading.set(tag.id, { periodUs: group.periodMs * 1000, isByChange: tag.deadband !== undefined });
      }
  return reading;
}

/** The assets that a glob means: the site may be left out, * stands for any part of a name. */
export function assetsOf(glob: string, { site, assets }: RulesPlant): RulesAsset[] {
  const full = glob.split("/").length === 5 ? glob : `${site}/${glob}`;
  const exact = assets.get(full);
  if (exact !== undefined) return [exact];
  const pattern = new RegExp(`^${full.split("*").map(escaped).join("[^/]*")}$`);
  return [...assets.values()].filter(({ id }) => pattern.test(id));
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
