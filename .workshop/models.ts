// npm run models -- all: generator -> windows -> training -> ONNX -> INT8 -> evaluation -> package.
import { join } from "node:path";
import { root, run } from "./steps.ts";

const models = join(root, "models");
const python = join(models, ".venv/bin/python");
const args = process.argv.slice(2);
const code = await run(join(models, "setup.sh"), []);
process.exit(
  code !== 0
    ? code
    : await run(python, ["-m", "pipeline", ...(args.length > 0 ? args : ["--help"])], {}, models),
);
