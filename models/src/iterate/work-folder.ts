import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { ModelError } from "../errors.ts";
import type { StepName } from "./step-names.ts";

/** One iteration on disk. It can be moved, and be gone on with elsewhere: paths in it are relative. */
export interface WorkFolder {
  readonly root: string;
  /** Downloads of the current version. */
  readonly store: string;
  /** Of the pipeline: what is kept from stage to stage. */
  readonly pipeline: string;
  readonly out: string;
  readonly package: string;
  readonly report: string;
  readonly verdict: string;
  readonly rollout: string;
  readonly request: string;
  plan(): Promise<Plan>;
  setPlan(plan: Plan): Promise<void>;
  journal(): Promise<Journal>;
  setJournal(journal: Journal): Promise<void>;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const planSchema = z.object({
  kind: z.enum(["head", "full"]),
  /** `folder` is relative to the work folder, or absolute where it was given. */
  base: z.object({ folder: z.string(), version: z.string(), digest: sha256 }),
  version: z.string(),
  sequence: z.int().positive(),
});

/** What the step "base" settled. */
export type Plan = z.output<typeof planSchema>;

const done = z.object({ key: sha256, seconds: z.number().nonnegative(), text: z.string() });
const journalSchema = z.object({ steps: z.record(z.string(), done) });

interface Journal {
  readonly steps: Readonly<Partial<Record<StepName, DoneStep>>>;
}

type DoneStep = z.output<typeof done>;

export function openWorkFolder(root: string): WorkFolder {
  const at = (name: string) => join(root, name);
  const write = async (name: string, value: unknown): Promise<void> => {
    await mkdir(root, { recursive: true });
    await writeFileAtomic(at(name), `${JSON.stringify(value, null, 2)}\n`);
  };
  return {
    root,
    store: at("current"),
    pipeline: at("pipeline"),
    out: at("out"),
    package: at("package"),
    report: at("report.json"),
    verdict: at("verdict.json"),
    rollout: at("rollout.yaml"),
    request: at("request.json"),
    async plan() {
      const plan = await read(at("plan.json"), planSchema);
      if (plan !== undefined) return plan;
      throw new ModelError("MODEL_MISSING", `${root} holds no plan; run the step "base" first`);
    },
    setPlan: (plan) => write("plan.json", plan),
    journal: async () => (await read(at("journal.json"), journalSchema)) ?? { steps: {} },
    setJournal: (journal) => write("journal.json", journal),
  };
}

/** Undefined where there is none. @throws ModelError MODEL_CONTRACT */
async function read<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new ModelError("MODEL_MISSING", `${file} cannot be read`, { cause: thrown });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ModelError(
      "MODEL_CONTRACT",
      `${file} is not what an iteration writes; begin anew in an empty folder`,
      { cause },
    );
  }
}
