import type { PointKind } from "./plant-layout.ts";

/** What a point tells of its asset, and so where it belongs on it. */
export type PointRole =
  | "electric"
  | "flow"
  | "level"
  | "other"
  | "pressure"
  | "speed"
  | "temperature"
  | "vibration";

interface KnownKind extends PointKind {
  readonly role: PointRole;
}

const known = (role: PointRole, id: string, unit: string, low: number, high: number): KnownKind => ({
  role,
  id,
  unit,
  low,
  high,
});

/** The score of a sensor that is listened to. */
export const ANOMALY: KnownKind = known("vibration", "anomaly", "1", 0, 1);

/** Ranges as industrial plants have them; limits of tags widen them. By UCUM code. */
const BY_UNIT: ReadonlyMap<string, KnownKind> = new Map(
  [
    known("temperature", "temperature", "Cel", 0, 150),
    known("temperature", "temperature-k", "K", 250, 450),
    known("temperature", "temperature-f", "[degF]", 32, 300),
    known("speed", "speed", "/min", 0, 3600),
    known("speed", "frequency", "Hz", 0, 100),
    known("electric", "current", "A", 0, 200),
    known("electric", "current-ma", "mA", 0, 24),
    known("electric", "voltage", "V", 0, 500),
    known("electric", "voltage-kv", "kV", 0, 24),
    known("electric", "power", "kW", 0, 500),
    known("electric", "power-w", "W", 0, 10_000),
    known("electric", "power-mw", "MW", 0, 100),
    known("electric", "energy", "kW.h", 0, 100_000),
    known("vibration", "acceleration", "m/s2", -50, 50),
    known("vibration", "acceleration-g", "[g]", -5, 5),
    known("vibration", "velocity", "mm/s", 0, 20),
    known("vibration", "displacement", "um", 0, 500),
    known("pressure", "pressure", "kPa", 0, 1000),
    known("pressure", "pressure-pa", "Pa", 0, 100_000),
    known("pressure", "pressure-mbar", "mbar", 0, 1000),
    known("pressure", "pressure-bar", "bar", 0, 16),
    known("pressure", "pressure-mpa", "MPa", 0, 16),
    known("flow", "flow", "m3/h", 0, 500),
    known("flow", "flow-l", "L/min", 0, 1000),
    known("flow", "mass-flow", "kg/h", 0, 10_000),
    known("flow", "mass-flow-t", "t/h", 0, 500),
    known("level", "level", "m", 0, 10),
    known("level", "level-mm", "mm", 0, 10_000),
    known("other", "share", "%", 0, 100),
    known("other", "hours", "h", 0, 100_000),
    known("other", "number", "1", 0, 100),
  ].map((kind) => [kind.unit, kind]),
);

const UNKNOWN_RANGE = { low: 0, high: 100 };

/** The columns of points number kinds with 8 bits. */
const MOST_KINDS = 255;

export const roleOf = (unit: string): PointRole => BY_UNIT.get(unit)?.role ?? "other";

/** Kinds of the points of one layout, one for each unit. */
export interface KindTable {
  /** Id of the kind of a unit. @param limits that values are held against: the range takes them in */
  idOf(unit: string, limits?: readonly number[]): string;
  anomaly(): string;
  kinds(): readonly PointKind[];
}

export function createKindTable(): KindTable {
  const found = new Map<string, { id: string; unit: string; low: number; high: number }>();

  function kindOf(unit: string) {
    const there = found.get(unit);
    if (there !== undefined) return there;
    if (found.size >= MOST_KINDS - 1 && unit !== "1") return kindOf("1");
    const { id, low, high } = BY_UNIT.get(unit) ?? { id: `in ${unit}`, ...UNKNOWN_RANGE };
    const made = { id, unit, low, high };
    found.set(unit, made);
    return made;
  }

  // A name that no unit has: anomaly and plain numbers share the unit "1".
  const ANOMALY_KEY = " anomaly";
  return {
    idOf(unit, limits) {
      const kind = kindOf(unit);
      if (limits === undefined) return kind.id;
      for (const limit of limits) {
        // With some room beyond the limit, so that what lies outside of it can be told apart.
        if (limit > kind.high) kind.high = limit + 0.2 * Math.abs(limit);
        else if (limit < kind.low) kind.low = limit - 0.2 * Math.abs(limit);
      }
      return kind.id;
    },
    anomaly() {
      const { role: _, ...kind } = ANOMALY;
      if (!found.has(ANOMALY_KEY)) found.set(ANOMALY_KEY, kind);
      return kind.id;
    },
    kinds: () => [...found.values()],
  };
}
