import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createListLogger, startApi } from "../../../edge-agent/src/adapters/http-api/harness.ts";
import type { Alarm } from "../../../edge-agent/src/core/alarm-types.ts";
import type { ExpandedLayout } from "../../../edge-agent/src/core/layout/expand.ts";
import { createPrng } from "../../../edge-agent/src/core/prng.ts";
import { rawColumns } from "../../../edge-agent/src/core/reading.ts";
import type { Tag } from "../../../edge-agent/src/core/tag.ts";
import { createPointTable } from "../../../edge-agent/src/flow/point-table.ts";

/** One in so many points is in alarm: more would make any overview useless. */
const POINTS_AN_ALARM = 250;
/** One in so many alarms waits for the operator. */
const ALARMS_AN_UNACKNOWLEDGED = 20;
/** One message in so many also raises or clears alarms. */
const MESSAGES_A_FLIP = 20;
const FLIPS = 5;
/** The values above this share of their range are unusual: an advisory. */
const USUAL_SHARE = 0.98;

/** The agent's API with its own point table, fed with made up readings. */
export interface FedAgent extends AsyncDisposable {
  readonly address: string;
  /** @param share of the points that change with each message */
  feed(hz: number, share: number): Feed;
}

export interface Feed {
  /** So far. */
  readonly messages: number;
  stop(): void;
}

export async function startAgent(layout: ExpandedLayout, webRoot: string): Promise<FedAgent> {
  const clock = createSystemClock();
  const random = createPrng(5);
  const table = createPointTable({ random, logger: createListLogger([]) });
  const tags = tagsOf(layout);
  const { kinds } = layout.layout;
  const low = Float64Array.from(tags, (_, i) => kinds[layout.kindOf[i] ?? 0]?.low ?? 0);
  const range = Float64Array.from(low, (least, i) => (kinds[layout.kindOf[i] ?? 0]?.high ?? 1) - least);
  const pointOf = new Map(tags.map(({ id }, i) => [id, i]));
  const usualRangeOf = ({ id }: Tag) => {
    const i = pointOf.get(id) ?? 0;
    return { high: (low[i] ?? 0) + USUAL_SHARE * (range[i] ?? 1) };
  };
  table.setPlant(layout, { tags, sensors: [], usualRangeOf });

  /** Every `step`-th point gets another value. */
  const change = (step: number, first: number): void => {
    const batch = rawColumns(Math.ceil((tags.length - first) / step), 0);
    for (let row = 0; row < batch.count; row += 1) {
      const i = first + row * step;
      batch.tag[row] = i;
      batch.value[row] = (low[i] ?? 0) + random() * (range[i] ?? 1);
    }
    table.onReadings({ ...batch, agentTimeUs: 0, sequence: batch.sourceTimeUs });
  };
  const flip = (message: number): void => {
    for (let i = 0; i < FLIPS; i += 1) {
      const tag = tags[Math.floor(random() * tags.length)];
      if (tag !== undefined) table.onAlarm(alarmOf(tag, message % (2 * MESSAGES_A_FLIP) === 0, i === 0));
    }
  };

  change(1, 0);
  tags.forEach((tag, i) => {
    if (i % POINTS_AN_ALARM === 0)
      table.onAlarm(alarmOf(tag, true, i % (POINTS_AN_ALARM * ALARMS_AN_UNACKNOWLEDGED) === 0));
  });
  const api = await startApi({ webRoot }, undefined, { clock, points: table });

  return {
    address: api.address,
    feed(hz, share) {
      const step = Math.round(1 / share);
      let messages = 0;
      const timer = setInterval(() => {
        messages += 1;
        change(step, messages % step);
        if (messages % MESSAGES_A_FLIP === 0) flip(messages);
      }, 1000 / hz);
      return {
        get messages() {
          return messages;
        },
        stop: () => clearInterval(timer),
      };
    },
    [Symbol.asyncDispose]: api.close,
  };
}

function tagsOf({ layout }: ExpandedLayout): readonly Tag[] {
  const templates = new Map(layout.templates.map(({ id, points }) => [id, points]));
  return layout.assets.flatMap(({ id, template }) => {
    const [site = "", area = "", line = "", cell = "", asset = ""] = id.split("/");
    const path = { site, area, line, cell, asset };
    return (templates.get(template) ?? []).map(
      ({ name, kind }): Tag => ({
        id: `${id}/${name}`,
        path,
        name,
        device: "plc",
        protocol: "s7",
        address: "DB1,REAL0",
        unit: layout.kinds.find((each) => each.id === kind)?.unit ?? "1",
        scale: 1,
        offset: 0,
      }),
    );
  });
}

const alarmOf = ({ id, path }: Tag, isRaised: boolean, isUnacknowledged: boolean): Alarm => ({
  id,
  machine: path.asset,
  sensor: id,
  state: !isRaised ? "normal" : isUnacknowledged ? "unacknowledged-active" : "acknowledged-active",
  severity: "alarm",
  raisedUs: 0,
  peakAnomaly: 0,
  reason: "limit-high",
  evidence: {},
});
