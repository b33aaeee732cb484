// npm run iterate -- --field DIR --registry ./registry --key release: the next version, from field data to ModelRollout.
// The same command that each container of k8s/argo runs for its step; here all steps, one after the other.
import { join } from "node:path";
import { root, run } from "./steps.ts";

const args = process.argv.slice(2);
const models = join(root, "models");
const isTrained = !args.some((arg) => ["-h", "--help", "--dry-run"].includes(arg));
// The last layer needs neither torch nor root.
const setup = args.some((arg) => arg === "--field" || arg.startsWith("--field=")) ? ["--field"] : [];
const code = isTrained ? await run(join(models, "setup.sh"), setup) : 0;
const work = args.some((arg) => arg === "--work" || arg.startsWith("--work="))
  ? []
  : ["--work", join(root, ".cache/iterate")];
const command = [join(models, "src/main.ts"), "iterate", ...work, ...args];
process.exit(code !== 0 ? code : await run(process.execPath, command, {}, process.cwd()));
