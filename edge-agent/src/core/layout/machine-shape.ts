/** What an asset looks like: a motor with what it drives, or a thing that stands for itself. */
export const MACHINE_SHAPES = [
  "pump",
  "fan",
  "gearbox",
  "motor",
  "compressor",
  "conveyor",
  "press",
  "exchanger",
  "tank",
  "valve",
  "cabinet",
  "post",
] as const;
export type MachineShape = (typeof MACHINE_SHAPES)[number];

// A configuration says what an asset is called, not what it is. The first that fits wins: a "pump motor" is a pump.
const WORDS: readonly { readonly shape: MachineShape; readonly pattern: RegExp }[] = [
  { shape: "pump", pattern: /pump|泵/iu },
  { shape: "fan", pattern: /\bfan|blower|ventilat|exhaust|风机/iu },
  { shape: "compressor", pattern: /compressor|chiller|压缩|压气/iu },
  { shape: "conveyor", pattern: /convey|\bbelt|elevator|输送|皮带/iu },
  { shape: "gearbox", pattern: /gear|reducer|mixer|agitator|减速|齿轮|搅拌/iu },
  { shape: "motor", pattern: /motor|turbine|generator|spindle|电机|马达|汽轮|发电/iu },
  { shape: "press", pattern: /press|stamp|extruder|压力机|冲床|挤出/iu },
  { shape: "exchanger", pattern: /exchanger|cooler|condenser|heater|boiler|换热|冷却器|冷凝|锅炉/iu },
  { shape: "tank", pattern: /tank|vessel|silo|reactor|basin|罐|槽|塔|反应釜/iu },
  { shape: "valve", pattern: /valve|damper|阀/iu },
  { shape: "cabinet", pattern: /cabinet|panel|switchgear|mcc|drive|inverter|plc|柜|变频/iu },
];

/** So many points belong to a cabinet rather than to a sensor on a post. */
const MANY_POINTS = 8;

/** @param asset its path, of which the last name counts
 *  @param isListenedTo it has a waveform or a shaft speed, so something turns in it */
export function shapeOf(asset: {
  readonly id: string;
  readonly name?: string | undefined;
  readonly points: number;
  readonly isListenedTo: boolean;
}): MachineShape {
  const last = asset.id.slice(asset.id.lastIndexOf("/") + 1);
  const found = (text: string) => WORDS.find(({ pattern }) => pattern.test(text))?.shape;
  const told = (asset.name === undefined ? undefined : found(asset.name)) ?? found(last);
  if (told !== undefined) return told;
  if (asset.isListenedTo) return "motor";
  return asset.points > MANY_POINTS ? "cabinet" : "post";
}
