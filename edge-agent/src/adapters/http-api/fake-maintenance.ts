import type { FiledOrder, Maintenance } from "../../ports/maintenance.ts";
import { START_US } from "./fake-plant.ts";

/** Work orders in memory, one second apart. */
export function createFakeMaintenance(): Maintenance {
  const orders: FiledOrder[] = [];
  return {
    async file(order) {
      const filed = { ...order, filedUs: START_US + orders.length * 1e6 };
      orders.unshift(filed);
      return filed;
    },
    of: (machine, most) => orders.filter((order) => order.machine === machine).slice(0, most),
  };
}
