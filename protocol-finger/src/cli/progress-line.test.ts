import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { createManualClock } from "../clock/manual-clock.ts";
import { createProgressLine } from "./progress-line.ts";

function screen(isTTY: boolean, columns = 80, env: Readonly<Record<string, string>> = {}) {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { io: { stderr: Object.assign(stream, { isTTY, columns }), env }, text: () => text };
}

it("writes one line over and over in a terminal, and leaves it at the end", () => {
  const { io, text } = screen(true);
  const line = createProgressLine(io, createManualClock());
  line.show("1 of 2", false);
  line.show("2 of 2", true);
  line.end();
  line.end();
  expect(text()).toBe("\r\u001b[K1 of 2\r\u001b[K2 of 2\n");
});

it("writes a line every five seconds, and the last, into a log", async () => {
  const { io, text } = screen(false);
  const clock = createManualClock();
  const line = createProgressLine(io, clock);
  line.show("1 of 4", false);
  line.show("2 of 4", false);
  await clock.advance(5000);
  line.show("3 of 4", false);
  line.show("4 of 4", true);
  line.end();
  expect(text()).toBe("1 of 4\n3 of 4\n4 of 4\n");
});

it("does not wrap in a narrow terminal, where a wrapped line could not be written over", () => {
  const { io, text } = screen(true, 12);
  createProgressLine(io, createManualClock()).show("97 of 254 hosts, 3 found", false);
  expect(text()).toBe("\r\u001b[K97 of 254 h");
});

it("sends no codes to a terminal that would print them", () => {
  const { io, text } = screen(true, 80, { TERM: "dumb" });
  createProgressLine(io, createManualClock()).show("1 of 2", false);
  expect(text()).toBe("1 of 2\n");
});
