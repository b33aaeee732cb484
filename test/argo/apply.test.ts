import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { apply, ask, type KubeObject } from "../kube/apply.ts";
import { kubeTools, tellMissing } from "../kube/kube-tools.ts";
import { type Kube, startKube } from "../kube/start-kube.ts";
import { argoCrds } from "./lint.ts";
import { manifest, manifestsOf } from "./manifests.ts";

const WHAT = "Argo's manifests on a real API server";
const tools = await kubeTools();
const crds = await argoCrds();
if (tools.kind === "missing") tellMissing(WHAT, tools);
else if (crds === undefined) tellMissing(WHAT, { reason: "there is no Go to fetch Argo's CRDs with" });

const isThere = tools.kind === "there" && crds !== undefined;

describe.runIf(isThere)("a real API server with Argo's CRDs", { timeout: 300_000 }, () => {
  let kube: Kube;

  /** A kind is served a moment after it is defined. */
  async function applied(object: KubeObject): Promise<string | undefined> {
    let said: string | undefined;
    const isServed = async () => {
      said = await apply(kube, object, false);
      return said === undefined || !/knows no|^404/.test(said);
    };
    await vi.waitUntil(isServed, { timeout: 60_000, interval: 200 });
    return said;
  }

  const inNamespace = (namespace: string, sub = ""): readonly KubeObject[] =>
    manifestsOf(sub).map((object) => ({
      ...object,
      metadata: { ...object.metadata, ...(object.kind !== "Namespace" && { namespace }) },
    }));

  beforeAll(async () => {
    kube = await startKube(new AbortController().signal);
    for (const file of crds ?? []) {
      expect(await applied(parse(await readFile(file, "utf8")) as KubeObject)).toBe(undefined);
    }
    const fleet = { apiVersion: "v1", kind: "Namespace", metadata: { name: "stethos" } };
    expect(await applied(fleet)).toBe(undefined);
    for (const object of [...inNamespace("stethos-models"), ...inNamespace("stethos", "fleet")]) {
      expect([object.kind, object.metadata.name, await applied(object)]).toEqual([
        ...[object.kind, object.metadata.name, undefined],
      ]);
    }
  }, 600_000);
  afterAll(() => kube?.stop());

  it("takes every manifest, and refuses a workflow with a field that its schema does not know", async () => {
    const { spec } = manifest("WorkflowTemplate", "stethos-iterate");
    const wrong = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "WorkflowTemplate",
      metadata: { name: "wrong", namespace: "stethos-models" },
      spec: { ...spec, entrypiont: "head" },
    };
    expect(await apply(kube, wrong, true)).toMatch(/entrypiont/);
  });

  async function may(account: string, verb: string, resource: string, namespace: string): Promise<boolean> {
    const [group = "", name = ""] = resource.split("/");
    const { body } = await ask(kube, {
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: {
          user: `system:serviceaccount:stethos-models:${account}`,
          resourceAttributes: { verb, group, resource: name, namespace },
        },
      },
    });
    return (body as { readonly status: { readonly allowed: boolean } }).status.allowed;
  }

  it("lets the account that applies make ModelRollouts where the fleet is, and nothing else", async () => {
    const rollouts = "stethos.io/modelrollouts";
    expect(await may("stethos-rollout", "create", rollouts, "stethos")).toBe(true);
    for (const verb of ["delete", "get", "list", "patch", "update", "watch"]) {
      expect(await may("stethos-rollout", verb, rollouts, "stethos")).toBe(false);
    }
    expect(await may("stethos-rollout", "create", rollouts, "stethos-models")).toBe(false);
    expect(await may("stethos-trainer", "create", rollouts, "stethos")).toBe(false);
  });

  it("lets nobody read a Secret, and the sensor alone start workflows", async () => {
    const workflows = "argoproj.io/workflows";
    for (const account of ["stethos-events", "stethos-rollout", "stethos-sensor", "stethos-trainer"]) {
      expect(await may(account, "get", "/secrets", "stethos-models")).toBe(false);
      expect(await may(account, "create", workflows, "stethos-models")).toBe(account === "stethos-sensor");
    }
  });
});
