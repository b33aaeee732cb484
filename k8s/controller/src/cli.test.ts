import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "./cli.ts";

function collected() {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text };
}

async function ran(...args: readonly string[]) {
  const [out, err] = [collected(), collected()];
  const code = await runCli(args, {
    stdout: out.stream,
    stderr: err.stream,
    env: {},
    onSignal: () => () => undefined,
  });
  return { code, stdout: out.text(), stderr: err.text() };
}

async function kubeconfig(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-controller-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "kubeconfig");
  // Nothing listens on port 1.
  const config = {
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { token: "secret-token" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "plant" } }],
    "current-context": "x",
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

describe("the command line", () => {
  it.each(["run", "check"])("explains %s with examples", async (command) => {
    const { code, stdout } = await ran(command, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain("--registry <where>");
    expect(stdout).toContain("Examples:\n  stethos-controller");
  });

  it("answers wrong usage with 2 and what to do", async () => {
    expect((await ran("runn")).code).toBe(2);
    expect(await ran("run", "--registry", "./r")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--key-file"),
    });
    const file = await kubeconfig();
    const wrong = await ran("run", "--key-file", "k", "--trust", "t", "--kubeconfig", file);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("set STETHOS_REGISTRY") });
    const lost = await ran(
      "run",
      "--key-file",
      "k",
      "--trust",
      "t",
      "--registry",
      "r",
      "--kubeconfig",
      "/no/such",
    );
    expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be read") });
  });

  it("checks everything that it can, with advice, and tells no secret", async () => {
    const file = await kubeconfig();
    const args = ["--key-file", "/no/key", "--trust", "/no/trust", "--registry", "r", "--kubeconfig", file];
    const { code, stdout, stderr } = await ran("check", ...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL API server: .*127\.0\.0\.1:1 gives no answer/m);
    expect(stdout).toMatch(/^FAIL keys: .*\/no\/key/m);
    expect(stdout).toContain("-> check address and certificate in the kubeconfig");
    expect(stderr).toBe("2 of 2 are not well\n");
    expect(stdout).not.toContain("secret-token");
  });
});
