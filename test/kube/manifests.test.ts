import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { apply, ask, type KubeObject, pathOf } from "./apply.ts";
import { goModule } from "./go-module.ts";
import { kubeTools, kustomizeTool, tellMissing } from "./kube-tools.ts";
import { applyAll, type PodSpec, workloadsOf, wouldAdmit } from "./pods.ts";
import { render } from "./render.ts";
import { type Kube, startKube } from "./start-kube.ts";

const OVERLAYS = ["base", "overlays/k3s", "overlays/amd64", "overlays/jetson", "overlays/production"];
const OPERATOR = "github.com/prometheus-operator/prometheus-operator";

const tools = await kubeTools();
const kustomize = tools.kind === "there" ? await kustomizeTool() : tools;
if (kustomize.kind === "missing") tellMissing("the manifests against a real API server", kustomize);
const program = kustomize.kind === "there" && "path" in kustomize ? kustomize.path : "";

const ofFile = (file: string): KubeObject => parse(readFileSync(file, "utf8")) as KubeObject;
const isFirst = ({ kind }: KubeObject): boolean =>
  kind === "Namespace" || kind === "CustomResourceDefinition";

describe.runIf(program !== "")("the manifests", { timeout: 300_000 }, () => {
  let kube: Kube;
  beforeAll(async () => {
    kube = await startKube(new AbortController().signal);
    const module = await goModule("prometheus-operator", OPERATOR);
    if (module === undefined) throw new Error("the kinds of the Prometheus operator cannot be fetched");
    const folder = join(module, "example/prometheus-operator-crd");
    const kinds = (await readdir(folder)).filter((file) =>
      /_(podmonitors|prometheusrules)\.yaml$/.test(file),
    );
    for (const kind of kinds) await define(ofFile(join(folder, kind)));
    await define(ofFile(join(import.meta.dirname, "akri-configuration-crd.yaml")));
  }, 600_000);
  afterAll(() => kube.stop());

  /** Resolves when the kind is served. */
  async function define(crd: KubeObject): Promise<void> {
    expect(await apply(kube, crd, false)).toBeUndefined();
    const { group, names, versions } = crd["spec"] as {
      readonly group: string;
      readonly names: { readonly kind: string };
      readonly versions: readonly { readonly name: string }[];
    };
    const apiVersion = `${group}/${versions[0]?.name}`;
    while ((await pathOf(kube, { apiVersion, kind: names.kind, metadata: { name: "" } })) === undefined)
      await pause(100);
  }

  /** All of them for real; what others need, first. */
  async function install(objects: readonly KubeObject[]): Promise<readonly string[]> {
    for (const object of objects.filter(isFirst)) {
      if (object.kind === "CustomResourceDefinition") await define(object);
      else expect(await apply(kube, object, false)).toBeUndefined();
    }
    const others = objects.filter((object) => !isFirst(object));
    return [...(await applyAll(kube, others, true)), ...(await applyAll(kube, others, false))];
  }

  describe.each(OVERLAYS)("of k8s/%s", (folder) => {
    let objects: readonly KubeObject[];
    beforeAll(async () => {
      objects = await render(program, folder);
      expect(await install(objects)).toEqual([]);
    });

    it("are taken by the API server, each field of them, and their pods admitted", async () => {
      const workloads = workloadsOf(objects);
      expect(workloads.map(({ kind }) => kind).sort()).toEqual(["DaemonSet", "Deployment"]);
      for (const { metadata, spec } of workloads)
        expect(await wouldAdmit(kube, `${metadata.namespace}`, spec.template.spec)).toBeUndefined();
    });

    it("select the pods that they mean", () => {
      const labels = workloadsOf(objects).map(({ metadata, spec }) => ({
        namespace: metadata.namespace,
        ...spec.template.metadata.labels,
      }));
      const selecting = objects.filter(({ kind }) =>
        /^(NetworkPolicy|PodDisruptionBudget|Service|PodMonitor)$/.test(kind),
      );
      expect(selecting.length).toBeGreaterThan(5);
      for (const { kind, metadata, spec } of selecting) {
        const wanted = { namespace: metadata.namespace, ...selectorOf(kind, spec) };
        expect([kind, metadata.name, labels]).toEqual([
          kind,
          metadata.name,
          expect.arrayContaining([expect.objectContaining(wanted)]),
        ]);
      }
    });
  });

  it("keep the agents' namespace to what agents need: a policy of the API server refuses the rest", async () => {
    const objects = await render(program, "overlays/production");
    expect(await install(objects)).toEqual([]);
    const agent = workloadsOf(objects).find(({ kind }) => kind === "DaemonSet")?.spec.template.spec;
    if (agent === undefined) throw new TypeError("no DaemonSet");
    expect(await wouldAdmit(kube, "stethos", agent)).toBeUndefined();
    for (const [what, spec, words] of trespassesOf(agent)) {
      await expect
        .poll(async () => [what, await wouldAdmit(kube, "stethos", spec)], { timeout: 60_000 })
        .toEqual([what, expect.stringContaining(words)]);
    }
  });

  it("let an agent on the host network only where the component says so", async () => {
    const objects = await render(program, "../test/kube/overlays/host-network");
    expect(await install(objects)).toEqual([]);
    const agent = workloadsOf(objects).find(({ kind }) => kind === "DaemonSet")?.spec.template.spec;
    expect(agent).toMatchObject({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
    await expect
      .poll(() => wouldAdmit(kube, "stethos", agent as PodSpec), { timeout: 60_000 })
      .toBeUndefined();
  });

  it("give Akri a broker whose pod is admitted", async () => {
    const objects = await render(program, "akri");
    expect(await install(objects)).toEqual([]);
    const found = objects.filter(({ kind }) => kind === "Configuration");
    const [{ brokerSpec }] = found.map(({ spec }) => spec) as unknown as readonly [
      { readonly brokerSpec: { readonly brokerPodSpec: PodSpec } },
    ];
    // As Akri does it, with a name of its own for the device.
    const text = JSON.stringify(brokerSpec.brokerPodSpec).replaceAll(
      "{{PLACEHOLDER}}",
      "akri.sh/stethos-opcua-ab12cd",
    );
    expect(await wouldAdmit(kube, "stethos", JSON.parse(text) as PodSpec)).toBeUndefined();
  });

  it("bring rules and dashboard as ConfigMaps that hold the very files", async () => {
    for (const [folder, file] of [
      ["prometheus", "stethos-rules.yaml"],
      ["grafana", "stethos.json"],
    ] as const) {
      const objects = await render(program, folder);
      expect(await install(objects)).toEqual([]);
      const source = readFileSync(join(import.meta.dirname, "../../k8s", folder, file), "utf8");
      expect(objects.map(({ kind, data }) => [kind, data])).toEqual([["ConfigMap", { [file]: source }]]);
    }
  });

  it("allow the controller what it does, and nothing else", async () => {
    expect(await install(await render(program, "overlays/production"))).toEqual([]);
    for (const [namespace, rules] of Object.entries(CONTROLLER_RULES))
      expect([namespace, await rulesOf("stethos-controller", "stethos-system", namespace)]).toEqual([
        namespace,
        rules,
      ]);
    expect(await rulesOf("stethos-agent", "stethos", "stethos")).toEqual([]);
  });

  /** As the API server itself sums them up, without what every user may: ask what he may. */
  async function rulesOf(name: string, home: string, namespace: string): Promise<readonly string[]> {
    const asUser = { "impersonate-user": `system:serviceaccount:${home}:${name}` };
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${home}`, "system:authenticated"];
    const { body } = await ask(kube, {
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      body: { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } },
      headers: { ...asUser, "impersonate-group": groups },
    });
    const { status } = body as {
      readonly status: { readonly resourceRules: readonly Rule[]; readonly incomplete: boolean };
    };
    expect(status.incomplete).toBe(false);
    return status.resourceRules
      .filter(
        ({ apiGroups }) => !apiGroups.every((group) => /^auth(entication|orization)\.k8s\.io$/.test(group)),
      )
      .flatMap(({ verbs, apiGroups, resources, resourceNames = [""] }) =>
        verbs.flatMap((verb) =>
          apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              resourceNames.map((one) => `${verb} ${resource}.${group} ${one}`.trim()),
            ),
          ),
        ),
      )
      .sort();
  }
});

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

const CONTROLLER_RULES: Readonly<Record<string, readonly string[]>> = {
  stethos: [
    "create edgedevices.stethos.io",
    "create events.events.k8s.io",
    "get edgedevices.stethos.io",
    "get modelrollouts.stethos.io",
    "list edgedevices.stethos.io",
    "list modelrollouts.stethos.io",
    "patch events.events.k8s.io",
    "patch modelrollouts.stethos.io",
    "update edgedevices/status.stethos.io",
    "update modelrollouts/status.stethos.io",
    "watch edgedevices.stethos.io",
    "watch modelrollouts.stethos.io",
  ],
  "stethos-system": [
    "create leases.coordination.k8s.io",
    "get leases.coordination.k8s.io stethos-controller",
    "update leases.coordination.k8s.io stethos-controller",
  ],
  default: [],
  "kube-system": [],
};

function selectorOf(kind: string, spec: unknown): Readonly<Record<string, string>> {
  const { selector = {}, podSelector = {} } = spec as {
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  if (kind === "NetworkPolicy") return podSelector.matchLabels ?? {};
  const { matchLabels } = selector;
  return (kind === "Service" ? selector : matchLabels) as Readonly<Record<string, string>>;
}

/** What somebody may try, or do by mistake, and a word of the answer. */
function trespassesOf(agent: PodSpec): readonly (readonly [string, PodSpec, string])[] {
  const [container = {}] = agent.containers;
  const secure = container["securityContext"] as Readonly<Record<string, unknown>>;
  const pod = agent["securityContext"] as Readonly<Record<string, unknown>>;
  const contained = (context: Readonly<Record<string, unknown>>): PodSpec => ({
    ...agent,
    containers: [{ ...container, securityContext: { ...secure, ...context } }],
  });
  const mounted = (path: string): PodSpec => ({
    ...agent,
    volumes: [...(agent.volumes ?? []), { name: "more", hostPath: { path } }],
  });
  const folder = "only /var/lib/stethos";
  const rights = "read-only root, no capability";
  return [
    ["the node's root", mounted("/"), folder],
    ["a folder above", mounted("/var/lib"), folder],
    ["a way around", mounted("/var/lib/stethos/../.."), "must not contain"],
    ["the host network", { ...agent, hostNetwork: true }, "host network"],
    ["the node's processes", { ...agent, hostPID: true }, "node's processes"],
    ["the node's memory", { ...agent, hostIPC: true }, "node's processes"],
    ["root", { ...agent, securityContext: { ...pod, runAsNonRoot: false } }, "root has no place"],
    ["root in one container", contained({ runAsUser: 0, runAsNonRoot: false }), "root has no place"],
    ["a root that can be written", contained({ readOnlyRootFilesystem: false }), rights],
    ["all capabilities", contained({ capabilities: {} }), rights],
    ["raw sockets", contained({ capabilities: { drop: ["ALL"], add: ["NET_RAW"] } }), rights],
    ["a way to more rights", contained({ allowPrivilegeEscalation: true }), rights],
    [
      "no seccomp",
      { ...agent, securityContext: { ...pod, seccompProfile: { type: "Unconfined" } } },
      "seccompProfile",
    ],
    ["a token", { ...agent, automountServiceAccountToken: true }, "never speak to the cluster"],
    [
      "an init container as root",
      {
        ...agent,
        initContainers: [
          { name: "chown", image: "x", securityContext: { runAsUser: 0, runAsNonRoot: false } },
        ],
      },
      "root has no place",
    ],
  ];
}
