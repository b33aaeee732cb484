import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { ModelError } from "../errors.ts";
import { sha256OfBytes } from "../package/package-folder.ts";
import { readUnsigned, signPackage, type UnsignedPackage } from "../package/sign-package.ts";
import { baseFolder } from "./base.ts";
import { decide, type Verdict } from "./gate.ts";
import { type Iteration, Refused, type Step } from "./iteration.ts";
import { type Report, readReport } from "./report.ts";

/** Refuses what is worse than the current version by more than the limits. */
export const testGate: Step = {
  name: "gate",
  what: "compare what was measured with the limits",
  inputs: releaseInputs,
  async run(iteration, signal) {
    const verdict = await judged(iteration, signal);
    await writeFileAtomic(iteration.work.verdict, `${JSON.stringify(verdict, null, 2)}\n`);
    tell(verdict, iteration);
    requirePassed(verdict);
    return `all ${verdict.checks.length} checks passed`;
  },
};

/** The only step that needs the private key. It takes nobody's word for the gate: it decides once more. */
export const sign: Step = {
  name: "sign",
  what: "sign the package",
  inputs: releaseInputs,
  async run(iteration, signal) {
    requirePassed(await judged(iteration, signal));
    const signer = await iteration.signer();
    const { manifest } = await signPackage(iteration.work.package, signer, signal);
    return `${manifest.name} ${manifest.version} is signed by ${signer.keyId.slice(0, 16)}`;
  },
};

export const push: Step = {
  name: "push",
  what: "publish the package",
  // Another registry, or a package that was signed anew, is another push.
  inputs: async ({ work, registry }) => [registry().store.name, await digestOf(`${work.package}/model.sig`)],
  async run({ work, registry, trust }, signal) {
    const { uploaded, shared } = await registry().push(work.package, await trust(), () => undefined, signal);
    return `sent ${uploaded.bytes} bytes; ${shared.bytes} were there`;
  },
};

async function releaseInputs({ work, options: { limits } }: Iteration): Promise<unknown> {
  const digests = [await digestOf(work.report), await digestOf(`${work.package}/manifest.json`)];
  return { limits, digests };
}

async function judged(iteration: Iteration, signal: AbortSignal): Promise<Verdict> {
  const { work, options } = iteration;
  const plan = await work.plan();
  const report = await readReport(work.report);
  const candidate = await readUnsigned(work.package, signal);
  const current = await readUnsigned(baseFolder(plan, iteration), signal);
  if (current.digest !== plan.base.digest) {
    throw new ModelError("MODEL_TAMPERED", `${current.folder} is not the version that the plan names`);
  }
  requireAbout(report.candidate, candidate, "candidate");
  requireAbout(report.current, current, "current version");
  return decide(report, options.limits);
}

/** Figures of another package prove nothing about this one. */
function requireAbout(side: Report["candidate"], { manifest }: UnsignedPackage, what: string): void {
  const files = manifest.files.map(({ path, sha256 }) => [path, sha256] as const);
  const isSame =
    side.name === manifest.name &&
    side.version === manifest.version &&
    files.length === Object.keys(side.files).length &&
    files.every(([path, sha256]) => side.files[path] === sha256);
  if (isSame) return;
  throw new Refused(
    `the report is about another ${what} than ${manifest.name} ${manifest.version}; evaluate again`,
  );
}

function requirePassed({ passed, checks }: Verdict): void {
  if (passed) return;
  const failed = checks.filter((check) => !check.passed);
  throw new Refused(
    failed.map(({ name, measured, limit }) => `${name}: ${measured}, where ${limit} is wanted`).join("; "),
  );
}

function tell({ checks }: Verdict, { say }: Iteration): void {
  for (const { name, passed, measured, limit } of checks) {
    say(`  ${passed ? "passed" : "FAILED"}  ${name}: ${measured} (${limit})`);
  }
}

async function digestOf(file: string): Promise<string | undefined> {
  try {
    return sha256OfBytes(await readFile(file));
  } catch {
    // The step itself says what is missing.
    return undefined;
  }
}
