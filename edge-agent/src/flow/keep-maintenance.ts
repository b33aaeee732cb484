import { describeError } from "../core/errors.ts";
import type { TimeUs } from "../core/time.ts";
import { createTurns } from "../lib/in-turn.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { Logger } from "../ports/logger.ts";
import type { FiledOrder, Maintenance } from "../ports/maintenance.ts";
import type { StateFile } from "../ports/state-file.ts";

export interface MaintenanceDeps {
  readonly stateFile: StateFile;
  readonly audit: Pick<AuditLog, "append">;
  readonly nowUs: () => TimeUs;
  readonly logger: Logger;
}

/** Years of one plant; the oldest give way. The audit log keeps them all. */
const MOST_ORDERS = 1000;

/** Keeps the work orders that were filed. A file that cannot be understood is logged, and begun anew. */
export async function createMaintenance({
  stateFile,
  audit,
  nowUs,
  logger,
}: MaintenanceDeps): Promise<Maintenance> {
  const inTurn = createTurns();
  // Oldest first.
  let orders = await earlier(stateFile, logger);

  return {
    file: (order) =>
      inTurn(async () => {
        const filed = { ...order, filedUs: nowUs() };
        const others = orders.filter(
          ({ machine, number }) => machine !== order.machine || number !== order.number,
        );
        const next = [...others, filed].slice(-MOST_ORDERS);
        await stateFile.write(JSON.stringify({ version: 1, orders: next }));
        orders = next;
        const { by, number, ...rest } = order;
        // Not "number": by that the rollout knows its own entries.
        const detail = { order: number, ...rest };
        await audit.append({ timeUs: filed.filedUs, by, what: "work-order", detail });
        return filed;
      }),
    of: (machine, most) =>
      orders
        .filter((order) => order.machine === machine)
        .slice(-most)
        .reverse(),
  };
}

async function earlier(stateFile: StateFile, logger: Logger): Promise<readonly FiledOrder[]> {
  const text = await stateFile.read();
  if (text === undefined) return [];
  try {
    const root: unknown = JSON.parse(text);
    if (isRecord(root) && root["version"] === 1 && Array.isArray(root["orders"])) {
      return root["orders"].filter(isOrder).slice(-MOST_ORDERS);
    }
    logger.error({}, "the work orders that were kept cannot be understood; they are begun anew");
  } catch (thrown) {
    logger.error(
      { err: describeError(thrown) },
      "the work orders that were kept are no JSON; they are begun anew",
    );
  }
  return [];
}

function isOrder(value: unknown): value is FiledOrder {
  if (!isRecord(value)) return false;
  const { number, machine, by, finding, fromUs, toUs, filedUs } = value;
  return (
    [number, machine, by].every((one) => typeof one === "string") &&
    (finding === "fault" || finding === "no-fault") &&
    [fromUs, toUs, filedUs].every(Number.isFinite)
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
