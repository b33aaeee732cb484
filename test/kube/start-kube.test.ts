import { CoreV1Api, VersionApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubeTools, tellMissing } from "./kube-tools.ts";
import { type Kube, startKube } from "./start-kube.ts";

const never = new AbortController().signal;
const tools = await kubeTools();
if (tools.kind === "missing") tellMissing("the API server of the tests", tools);

describe.runIf(tools.kind === "there")("the API server of the tests", { timeout: 120_000 }, () => {
  let kube: Kube;
  beforeAll(async () => {
    kube = await startKube(never);
  }, 600_000);
  afterAll(() => kube.stop());

  const core = async (file?: string) => (await kube.config(file)).makeApiClient(CoreV1Api);

  it("is Kubernetes, and says which", async () => {
    const version = await (await kube.config()).makeApiClient(VersionApi).getCode();
    expect(version.gitVersion).toMatch(/^v1\.\d+\.\d+$/);
  });

  it("lets users do what RBAC allows them, and no more", async () => {
    const nobody = await core(await kube.kubeconfig({ name: "nobody", groups: ["plant"] }));
    await expect(nobody.listNamespace()).rejects.toMatchObject({ code: 403 });
    const body = { metadata: { name: "robot" } };
    await (await core()).createNamespacedServiceAccount({ namespace: "default", body });
    const robot = await core(await kube.serviceAccount("default", "robot"));
    await expect(robot.listNamespacedSecret({ namespace: "default" })).rejects.toMatchObject({
      code: 403,
      body: expect.stringContaining("system:serviceaccount:default:robot"),
    });
    const refused = (await kube.audit()).filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ user, verb }) => [user.username, verb])).toEqual([
      ["nobody", "list"],
      ["system:serviceaccount:default:robot", "list"],
    ]);
  });

  it("keeps what it has when it is killed and comes again", async () => {
    const body = { metadata: { name: "kept" }, data: { a: "1" } };
    await (await core()).createNamespacedConfigMap({ namespace: "default", body });
    await kube.cut();
    await expect((await core()).listNamespace()).rejects.toThrow(/ECONNREFUSED|fetch failed/);
    await kube.mend(never);
    const kept = await (await core()).readNamespacedConfigMap({ namespace: "default", name: "kept" });
    expect(kept.data).toEqual({ a: "1" });
  });
});
