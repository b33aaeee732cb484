/** What a machine's motor drives, for a shape that people recognise. */
export type MachineKind = "pump" | "fan" | "gearbox" | "motor";

// The feed says what a machine is called, not what it is.
const WORDS: readonly { readonly kind: MachineKind; readonly pattern: RegExp }[] = [
  { kind: "pump", pattern: /pump|泵/iu },
  { kind: "fan", pattern: /\bfan|blower|ventilat|exhaust|风机/iu },
  { kind: "gearbox", pattern: /gear|reducer|mixer|agitator|conveyor|减速|齿轮|输送|搅拌/iu },
];

export function kindOf(machine: { readonly name: string; readonly id: string }): MachineKind {
  const asset = machine.id.split("/").at(-1) ?? "";
  const found = (text: string) => WORDS.find(({ pattern }) => pattern.test(text))?.kind;
  return found(machine.name) ?? found(asset) ?? "motor";
}
