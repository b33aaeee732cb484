// npm run models -- all: generator -> windows -> training -> ONNX -> INT8 -> evaluation -> package.
// npm run models -- head --field DIR ...: the next version's last layer, from labelled field data; needs no torch.
import { join } from "node:path";
import { root, run } from "./steps.ts";

const models = join(root, "models");
const args = process.argv.slice(2);
const isField = args[0] === "head";
const python = join(models, isField ? ".venv-field/bin/python" : ".venv/bin/python");
const code = await run(join(models, "setup.sh"), isField ? ["--field"] : []);
process.exit(
  code !== 0
    ? code
    : await run(python, ["-m", "pipeline", ...(args.length > 0 ? args : ["--help"])], { PYTHONPATH: models }),
);
