import { expect, it } from "vitest";
import { DEFAULT_BUDGET } from "./budget.ts";
import { createManualClock } from "./clock/index.ts";
import { createLedger } from "./ledger.ts";

const never = new AbortController().signal;
const budget = { ...DEFAULT_BUDGET, connections: 2, attempts: 3, spacingMs: 0 };

it("counts a refused connection as an attempt and not as a connection", async () => {
  const ledger = createLedger(budget, createManualClock());
  await ledger.turn("tcp", never);
  ledger.refused();
  expect(ledger.connections).toBe(0);
  expect(ledger.connectionsLeft).toBe(2);
  expect(ledger.connectionBar(102)).toBeUndefined();
});

it("ends when the attempts are spent, however many connections are left", async () => {
  const ledger = createLedger(budget, createManualClock());
  for (let i = 0; i < 3; i += 1) {
    await ledger.turn("tcp", never);
    ledger.refused();
  }
  expect(ledger.connectionsLeft).toBe(0);
  expect(ledger.connectionBar(502)).toBe("all 3 attempts are spent");
});

it("ends when the connections are spent, however many attempts are left", async () => {
  const ledger = createLedger(budget, createManualClock());
  await ledger.turn("tcp", never);
  await ledger.turn("tcp", never);
  expect(ledger.connectionBar(502)).toBe("all 2 connections are spent");
});
