import { WORD_ORDERS, type WordOrder } from "@stethos/protocol-finger/modbus";
import { parseS7Address, type S7Address } from "@stethos/protocol-finger/s7";
import { describe, expect, it } from "vitest";
import { reorderFor } from "./word-order.ts";

function address(text: string): S7Address {
  const parsed = parseS7Address(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.address;
}

/** What `bytes` become that came in this order. */
function inOrder(text: string, order: WordOrder, bytes: string): string {
  const value = Buffer.from(bytes, "hex");
  reorderFor(address(text), order)?.(value);
  return value.toString("hex");
}

describe("word order", () => {
  it.each([
    ["ABCD", "01020304", "0102030405060708"],
    ["CDAB", "03040102", "0708050603040102"],
    ["BADC", "02010403", "0201040306050807"],
    ["DCBA", "04030201", "0807060504030201"],
  ] as const)("puts what comes as %s into the order of an S7", (order, two, four) => {
    expect(inOrder("DB1,REAL0", order, two)).toBe("01020304");
    expect(inOrder("DB1,DINT0.2", order, two + two)).toBe("0102030401020304");
    expect(inOrder("DB1,LREAL0", order, four)).toBe("0102030405060708");
  });

  it.each(["DB1,INT0.2", "DB1,B0.4", "DB1,S0.2", "DB1,DT0", "DB1,X0.0.32"])(
    "leaves %s alone, which is no number of several registers",
    (text) => {
      for (const order of WORD_ORDERS) expect(reorderFor(address(text), order)).toBeUndefined();
    },
  );
});
