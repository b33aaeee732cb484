import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const image = join(root, "k8s/images/trainer.Dockerfile");

/** What a stage copies from the checkout. */
function copied(stage: string): readonly string[] {
  const [, body = ""] = readFileSync(image, "utf8").split(`AS ${stage}\n`);
  const [own = ""] = body.split(/^FROM /m);
  return [...own.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = ""]) =>
    words.split(" ").slice(0, -1),
  );
}

let app: string;

/** The image's files without the image: what its last stages take from the checkout, and nothing else of it. */
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "trainer-image-"));
  const isLeftOut = /\.test\.ts$|\/testing$|__pycache__/;
  for (const path of copied("files")) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    cpSync(join(root, path), join(app, path), { recursive: true, filter: (name) => !isLeftOut.test(name) });
  }
  mkdirSync(join(app, "node_modules/@stethos"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== "@stethos" && !name.startsWith(".")) {
      symlinkSync(join(root, "node_modules", name), join(app, "node_modules", name));
    }
  }
  symlinkSync("../../protocol-finger", join(app, "node_modules/@stethos/protocol-finger"));
});

afterAll(() => rmSync(app, { recursive: true, force: true }));

describe("the files of the trainer's image", () => {
  it("are enough for the command that the workflow runs", () => {
    const help = execFileSync(process.execPath, ["models/src/main.ts", "iterate", "--help"], { cwd: app });
    expect(help.toString()).toContain("stethos-model iterate");
  });

  it("are enough for the pipeline's commands without torch", () => {
    const help = execFileSync("python3", ["-m", "pipeline", "judge", "--help"], { cwd: join(app, "models") });
    expect(help.toString()).toContain("--candidate");
  });

  it("are let in by the list of what may enter the build", () => {
    const allowed = readFileSync(`${image}.dockerignore`, "utf8").split("\n");
    const wanted = ["packages", "field-packages", "files", "whole"].flatMap(copied);
    expect(wanted.length).toBeGreaterThan(10);
    for (const path of wanted) expect(allowed).toContain(`!${path}`);
  });
});
