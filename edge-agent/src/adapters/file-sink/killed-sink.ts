// Delivers numbered batches until it is killed; tells of each that was confirmed.
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { fileSinkOptions } from "./options.ts";
import { createFileSink } from "./sink.ts";
import { numbered, quiet } from "./test-kit.ts";

const [folder, form, first] = process.argv.slice(2);
if (folder === undefined || form === undefined || first === undefined)
  throw new TypeError("killed-sink.ts FOLDER FORM FIRST");
const options = {
  folder,
  format: form === "parquet" ? "parquet" : "ndjson",
  gzip: form === "gzip",
  maxFileBytes: 64 * 1024,
};
const deps = { name: "files", clock: createSystemClock(), logger: quiet, telemetry: { emit() {} } };
const sink = createFileSink(fileSinkOptions.parse(options), deps);
for (let number = Number(first); ; number += 1) {
  await sink.deliver([numbered(number)], new AbortController().signal);
  process.stdout.write(`${number}\n`);
}
