import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoordinationV1Api, type KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { kubeTools, tellMissing } from "../kube/kube-tools.ts";
import { type Kube, startKube } from "../kube/start-kube.ts";
import { create, DEFINITIONS, deviceDocument, install, rolloutDocument } from "./objects.ts";
import { type ControllerProcess, registryIn, runToEnd, startProcess } from "./processes.ts";

const never = new AbortController().signal;
const tools = await kubeTools();
if (tools.kind === "missing") tellMissing("the controller as a process against a real API server", tools);

describe.runIf(tools.kind === "there")("the controller as k8s/base runs it", { timeout: 300_000 }, () => {
  let kube: Kube;
  let admin: KubeConfig;
  let folder: string;
  let options: readonly string[];

  beforeAll(async () => {
    kube = await startKube(never);
    admin = await kube.config();
    await install(admin, "k8s/base/namespaces.yaml", "k8s/base/controller/rbac.yaml", ...DEFINITIONS);
    folder = await mkdtemp(join(tmpdir(), "stethos-controller-"));
    await mkdir(join(folder, "registry"));
    const kubeconfig = await kube.serviceAccount("stethos-system", "stethos-controller");
    options = [
      ...(await registryIn(folder)),
      ...[
        "--kubeconfig",
        kubeconfig,
        "-n",
        "stethos",
        "--lease-namespace",
        "stethos-system",
        "--poll-seconds",
        "1",
      ],
    ];
  }, 600_000);
  afterAll(async () => {
    await kube?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const until = (what: () => unknown) => expect.poll(what, { timeout: 200_000, interval: 200 });

  function start(): ControllerProcess {
    const started = startProcess(options);
    onTestFinished(async () => {
      await started.end("SIGKILL");
    });
    return started;
  }

  const leads = (one: ControllerProcess) => one.said("this controller leads");

  async function holder(): Promise<string> {
    const leases = admin.makeApiClient(CoordinationV1Api);
    const lease = await leases.readNamespacedLease({
      namespace: "stethos-system",
      name: "stethos-controller",
    });
    return lease.spec?.holderIdentity ?? "";
  }

  it("finds with check that its role allows everything that it needs", async () => {
    const { code, stdout, stderr } = await runToEnd(["check", "--json", ...options]);
    const findings = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly what: string; readonly isGood: boolean });
    expect(findings.filter(({ isGood }) => !isGood)).toEqual([]);
    expect(findings.map(({ what }) => what)).toEqual([
      "API server",
      "definitions",
      "permissions",
      "keys",
      "registry",
    ]);
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("says with check what another account is not allowed, and what to do", async () => {
    const stranger = await kube.kubeconfig({ name: "stranger" });
    const { code, stdout } = await runToEnd(["check", ...options, "--kubeconfig", stranger]);
    expect(code).toBe(1);
    expect(stdout).toContain("FAIL permissions: not allowed: get modelrollouts in stethos");
    expect(stdout).toContain("-> bind the role of k8s/base");
  });

  it("hands over when the leader is killed, and at once when it is told to stop", async () => {
    const first = start();
    await until(() => leads(first)).toBe(true);
    const second = start();
    await until(() => second.said("another controller leads; this one waits")).toBe(true);
    expect(await first.get("/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect((await second.get("/readyz")).status).toBe(200);
    expect((await second.get("/metrics")).text).toMatch(/^stethos_controller_leader 0$/m);
    expect(await first.end("SIGKILL")).toBe("SIGKILL");
    await until(() => leads(second)).toBe(true);
    const third = start();
    await until(() => third.said("another controller leads; this one waits")).toBe(true);
    expect(await second.end("SIGTERM")).toBe(0);
    expect(second.said("the lease is given back")).toBe(true);
    await until(() => leads(third)).toBe(true);
    expect(third.said("stopped")).toBe(false);
    expect((await third.get("/metrics")).text).toMatch(/^stethos_controller_leader_terms_total 1$/m);
    expect(await third.end("SIGTERM")).toBe(0);
    expect(await holder()).toBe("");
  });

  it("looks at rollouts with the rights of its role alone, and is refused nothing", async () => {
    await create(admin, deviceDocument("stethos", "press-1"), rolloutDocument("stethos", "bearing"));
    const controller = start();
    await until(() => leads(controller)).toBe(true);
    await until(async () => (await controller.get("/metrics")).text).toMatch(
      /^stethos_controller_rollouts\{phase="(Invalid|Pending|Progressing)"\} 1$/m,
    );
    await until(() => controller.said("a rollout was moved on")).toBe(true);
    expect(controller.lines.filter(({ level }) => level === "error")).toEqual([]);
    const refused = (await kube.audit()).filter(
      ({ user, responseStatus }) =>
        user.username.endsWith(":stethos-controller") && responseStatus?.code === 403,
    );
    expect(refused).toEqual([]);
    expect(await controller.end("SIGTERM")).toBe(0);
  });
});
