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
    expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot read") });
  });

  it.each([
    ["that is not there", undefined, /ENOENT.*; name a file that is there/],
    ["that is no YAML", "clusters: [", /; check that it is YAML as `kubectl config view`/],
    ["that is empty", "", /^cannot read the kubeconfig .*; check that it is YAML/],
    ["that is a list", "[1, 2]", /the kubeconfig/],
    ["that names no cluster", "{}", /names no cluster to ask; give --context one of: none/],
    [
      "whose current-context is none of its own",
      JSON.stringify({
        clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
        users: [],
        contexts: [{ name: "plant", context: { cluster: "c", user: "u" } }],
        "current-context": "gone",
      }),
      /names no cluster to ask; give --context one of: plant, or set its current-context/,
    ],
  ])("says which kubeconfig, what and what to do about one %s", async (_, text, says) => {
    const folder = await mkdtemp(join(tmpdir(), "stethos-controller-cli-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "kubeconfig");
    if (text !== undefined) await writeFile(file, text);
    const keys = ["--key-file", "k", "--trust", "t", "--registry", "r"];
    for (const command of ["check", "run"]) {
      const { code, stdout, stderr } = await ran(command, ...keys, "--kubeconfig", file);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(`the kubeconfig ${file}`);
      expect(stderr).toMatch(says);
    }
  });

  it("says which contexts there are where the one that was asked for is not", async () => {
    const keys = ["--key-file", "k", "--trust", "t", "--registry", "r"];
    const file = await kubeconfig();
    const asked = await ran("check", ...keys, "--kubeconfig", file, "--context", "y");
    expect(asked).toEqual({
      code: 2,
      stdout: "",
      stderr: `the kubeconfig ${file} (--kubeconfig) has no context y; give --context one of: x\n`,
    });
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
