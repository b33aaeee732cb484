// npm run demo:canary: two minutes, no network.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeFieldData } from "../test/demo/field-data.ts";
import { root, run, say } from "./steps.ts";

const args = process.argv.slice(2);
if (args.includes("-h") || args.includes("--help")) {
  process.stdout.write(
    "npm run demo:canary                  a candidate is proven and promoted, a worse one is rolled back\n" +
      "npm run demo:canary -- --port 9000   the same, its page on another port\n" +
      "npm run demo:canary -- --field DIR   only writes labelled field data of simulated machines, to train from\n",
  );
  process.exit(0);
}
if (args[0] === "--field") {
  const folder = args[1];
  if (folder === undefined) {
    say("name the folder that the field data go to: npm run demo:canary -- --field field");
    process.exit(2);
  }
  await writeFieldData(folder, join(root, "models/artifacts/listener/0.1.0/model.int8.onnx"), "right");
  say(`${folder} holds 512 labelled windows of 16 simulated machines`);
  process.exit(0);
}
if (!existsSync(join(root, "web-twin/dist/app/index.html"))) {
  say("building the page (once) ...");
  if ((await run(process.execPath, ["web-twin/build.ts"])) !== 0) process.exit(1);
}
const demo = [join(root, "test/demo/main.ts"), join(root, ".cache/demo-canary"), ...args];
process.exit(await run(process.execPath, demo));
