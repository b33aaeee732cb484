import { checkRulesText } from "../../../edge-agent/src/config/rules.ts";
import type { RulesAsset, RulesPlant } from "../../../edge-agent/src/config/rules-plant.ts";
import { createPrng } from "../../../edge-agent/src/core/prng.ts";
import type { ReadingBatch } from "../../../edge-agent/src/core/reading.ts";
import type { RuleSet } from "../../../edge-agent/src/core/rules/rule.ts";
import type { Tag } from "../../../edge-agent/src/core/tag.ts";

/** Readings come at random: a machine may have none for this long, and its window is whole still. */
const PERIOD_S = 5;

const RULES = `version: 1
rules:
  - name: hot-and-rising
    for: {asset: "press/*/*/*"}
    when: machine.temp > 80 && rate(machine.temp, '5m') > 0.5
    hold: 10s
    severity: alarm
    units: {machine.temp: Cel}
`;

export interface RulesBench {
  readonly tags: readonly Tag[];
  readonly rules: RuleSet;
}

/** The README's example on so many machines, each with one temperature. */
export function benchPlant(machines: number): RulesBench {
  const tags = Array.from({ length: machines }, (_, i): Tag => {
    const path = { site: "plant", area: "press", line: `l${i % 10}`, cell: `c${i % 100}`, asset: `p${i}` };
    return {
      id: `plant/press/${path.line}/${path.cell}/${path.asset}/temp`,
      path,
      name: "temp",
      device: "plc",
      protocol: "s7",
      address: "DB1,REAL0",
      unit: "Cel",
      scale: 1,
      offset: 0,
    };
  });
  const assets = tags.map((tag): [string, RulesAsset] => {
    const id = tag.id.slice(0, -"/temp".length);
    return [id, { id, tags: new Map([["temp", tag]]), sensors: new Map() }];
  });
  const plant: RulesPlant = {
    site: "plant",
    assets: new Map(assets),
    tags: new Map(tags.map((tag) => [tag.id, tag])),
    reading: new Map(tags.map(({ id }) => [id, { periodUs: PERIOD_S * 1e6, isByChange: false }])),
  };
  return { tags, rules: checkRulesText("rules.yaml", RULES, plant) };
}

/** Readings of machines at random, one a second of each in the mean; half of them are hot, some rise.
 *  @param rows of each batch */
export function* randomBatches(tags: number, rows: number, seed: number): Generator<ReadingBatch> {
  const random = createPrng(seed);
  const columns = {
    count: rows,
    tag: new Uint32Array(rows),
    value: new Float64Array(rows),
    status: new Uint32Array(rows),
    sourceTimeUs: new Float64Array(rows),
    sequence: new Float64Array(rows),
    other: new Map(),
  };
  for (let timeUs = 1.8e15; ; timeUs += (rows / tags) * 1e6) {
    for (let row = 0; row < rows; row += 1) {
      columns.tag[row] = Math.floor(random() * tags);
      columns.value[row] = 60 + 40 * random();
      columns.sourceTimeUs[row] = timeUs;
    }
    yield { ...columns, agentTimeUs: timeUs };
  }
}
