import { CelScalar, type CelType, listType, mapType } from "@bufbuild/cel";

const { DYN, INT, UINT, DOUBLE } = CelScalar;

/** As people read it: "list(double)". */
export const typeText = (type: CelType): string =>
  type === DYN ? "any" : type.kind === "list" ? `list(${typeText(type.element)})` : type.name;

/** Whether a value of a type may stand where another is wanted. */
export function fits(given: CelType, wanted: CelType): boolean {
  if (given === DYN || wanted === DYN) return true;
  if (given.kind !== wanted.kind || given.name !== wanted.name) return false;
  if (given.kind === "list" && wanted.kind === "list") return fits(given.element, wanted.element);
  if (given.kind === "map" && wanted.kind === "map")
    return fits(given.key, wanted.key) && fits(given.value, wanted.value);
  return true;
}

/** What values of all these types are. */
export function joined(types: readonly CelType[]): CelType {
  const [first = DYN] = types;
  return types.every((type) => same(type, first)) ? first : DYN;
}

const same = (a: CelType, b: CelType): boolean =>
  a !== DYN && b !== DYN && fits(a, b) && typeText(a) === typeText(b);

export const isNumber = (type: CelType): boolean => type === INT || type === UINT || type === DOUBLE;

export const listOf = (element: CelType): CelType => listType(element);

export function mapOf(key: CelType, value: CelType): CelType {
  return mapType(key.kind === "scalar" && isKey(key.name) ? (key as typeof DYN) : DYN, value);
}

const isKey = (name: string): boolean => ["bool", "int", "string", "uint"].includes(name);
