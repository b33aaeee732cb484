import { expect, it } from "vitest";
import { createTurns } from "./in-turn.ts";

it("does one after the other, and goes on after one that failed", async () => {
  const inTurn = createTurns();
  const order: string[] = [];
  const step = (name: string) => async () => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
    return name;
  };
  const first = inTurn(step("a"));
  const failed = inTurn(async () => {
    throw new Error("no");
  });
  const last = inTurn(step("b"));
  await expect(failed).rejects.toThrow("no");
  expect(await Promise.all([first, last])).toEqual(["a", "b"]);
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
