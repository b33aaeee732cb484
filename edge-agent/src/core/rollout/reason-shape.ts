import type { RolloutReason } from "./rollout-report.ts";
import { fields, finite, oneOf, type Shape, text } from "./shape.ts";

type Code = RolloutReason["code"];
type Figures<C extends Code> = Omit<Extract<RolloutReason, { readonly code: C }>, "code">;

const figures: { readonly [C in Code]: Shape<Figures<C>> } = {
  "accuracy-fell": fields<Figures<"accuracy-fell">>({ evidence: finite, better: finite, worse: finite }),
  "accuracy-rose": fields<Figures<"accuracy-rose">>({ evidence: finite, gainPoints: finite }),
  "alarms-rose": fields<Figures<"alarms-rose">>({ champion: finite, challenger: finite }),
  "by-hand": fields<Figures<"by-hand">>({ by: text }),
  "disagreement-too-small": fields<Figures<"disagreement-too-small">>({
    points: finite,
    neededPoints: finite,
  }),
  errors: fields<Figures<"errors">>({ failed: finite, frames: finite }),
  "golden-worse": fields<Figures<"golden-worse">>({ champion: finite, challenger: finite, frames: finite }),
  incompatible: fields<Figures<"incompatible">>({ what: text }),
  "latency-rose": fields<Figures<"latency-rose">>({ quantile: oneOf("p50", "p99"), percent: finite }),
  "memory-rose": fields<Figures<"memory-rose">>({ mib: finite }),
  recalled: fields<Figures<"recalled">>({}),
  refused: fields<Figures<"refused">>({ error: text, message: text }),
  restarted: fields<Figures<"restarted">>({}),
  "slo-broken": fields<Figures<"slo-broken">>({ percent: finite, failed: finite, frames: finite }),
  "trial-too-long": fields<Figures<"trial-too-long">>({ frames: finite, hours: finite }),
};

const codeAt = fields<{ readonly code: Code }>({ code: oneOf(...(Object.keys(figures) as Code[])) });

export const reasonShape: Shape<RolloutReason> = (value, path) => {
  const { code } = codeAt(value, path);
  // The table holds the right figures for each code: the compiler checked it where it is written.
  return { code, ...figures[code](value, path) } as RolloutReason;
};
