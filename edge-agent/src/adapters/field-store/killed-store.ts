// For store.test.ts: keeps and labels frames in the folder named on the command line until it is killed, and prints each
// id whose label it was promised.
import { createFieldStore } from "./store.ts";
import { aFrame, aLabel, aLogger } from "./test-kit.ts";

const { signal } = new AbortController();
const store = await createFieldStore(
  { folder: process.argv[2] ?? "", mostBytes: 1e8, queueFrames: 64 },
  { logger: aLogger() },
);
for (let i = 0; ; i += 1) {
  const id = `pump|${i}|0`;
  store.keep(aFrame({ id }));
  await store.settled();
  if (await store.label(aLabel(id, { verdict: "false" }), signal)) process.stdout.write(`${id}\n`);
}
