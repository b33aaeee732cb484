import { parseArgs } from "node:util";
import { judge, targetText } from "../test/bench/harness.ts";
import { benches } from "../test/bench/index.ts";
import { say } from "./steps.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
});

if (values.list === true || values.help === true || positionals.length === 0) {
  console.log("npm run bench -- NAME [--json]   (--json: the figures' line only)\n");
  for (const { bench, targets } of benches) {
    const wanted = Object.entries(targets).map(([name, target]) => `${name} ${targetText(target)}`);
    console.log(`${bench.name}\n  ${bench.explains}\n  targets: ${wanted.join(", ")}\n`);
  }
  process.exit(positionals.length === 0 && values.list !== true && values.help !== true ? 2 : 0);
}

const [name] = positionals;
const entry = benches.find(({ bench }) => bench.name === name);
if (entry === undefined) {
  say(`there is no benchmark "${name}"; npm run bench -- --list names them`);
  process.exit(2);
}
const report = values.json === true ? () => undefined : (text: string) => say(text);
const figures = await entry.bench.run(report);
const measured = judge(entry.bench.name, figures, entry.targets);
if (values.json !== true) {
  for (const [key, value] of Object.entries(measured.figures)) {
    const target = entry.targets[key];
    const wanted = target === undefined ? "" : `  (target ${targetText(target)})`;
    console.log(`${key.padEnd(28)} ${String(value).padStart(10)}${wanted}`);
  }
}
console.log(JSON.stringify(measured));
process.exit(0);
