import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manifest, manifestsOf } from "./manifests.ts";

const root = join(import.meta.dirname, "../..");
const cli = join(root, "models/src/main.ts");

interface Template {
  readonly name: string;
  readonly activeDeadlineSeconds?: string;
  readonly volumes?: readonly { readonly secret?: { readonly secretName: string } }[];
  readonly container?: {
    readonly args: readonly string[];
    readonly command: readonly string[];
    readonly image: string;
    readonly envFrom?: readonly { readonly secretRef?: { readonly name: string } }[];
    readonly securityContext: object;
    readonly resources: { readonly limits: object; readonly requests: object };
  };
}

const { spec } = manifest("WorkflowTemplate", "stethos-iterate");
const templates: readonly Template[] = spec.templates;
const containers = templates.flatMap(({ container, ...template }) =>
  container === undefined ? [] : [{ ...template, container }],
);
const parameters = new Map<string, string>(
  spec.arguments.parameters.map(({ name, value }: { name: string; value: string }) => [name, value]),
);

/** What a step of `release` hands to the template "step". */
const STEP_VALUES = ["quantise", "gate"];

/** A command line as a container would get it. */
function filled(args: readonly string[], step: string): readonly string[] {
  return args.map((arg) =>
    arg.replace(/\{\{([^}]+)\}\}/g, (_, name: string) => {
      if (name === "workflow.uid") return "3f1c";
      if (name === "inputs.parameters.step") return step;
      const value = parameters.get(name.replace("workflow.parameters.", ""));
      if (value === undefined) throw new Error(`nothing fills {{${name}}}`);
      return value === "" ? "requests/a/b/1-00000000.json" : value;
    }),
  );
}

const commandLines = containers.flatMap(({ name, container: { args } }) =>
  (name === "step" ? STEP_VALUES : [""]).map((step) => ({
    title: `${name} ${step}`.trim(),
    args: filled(args, step),
  })),
);

describe("the workflow's command lines", () => {
  it.each(commandLines)("are understood by the real command: $title", ({ args }) => {
    const env = { ...process.env, STETHOS_REGISTRY: "s3://stethos?endpoint=https://minio.storage:9000" };
    const command = [cli, ...args, "--dry-run", "--json"];
    const { status, stderr, stdout } = spawnSync(process.execPath, command, { env, encoding: "utf8" });
    expect(stderr.replaceAll(/^would do .*\n/gm, "")).toBe("");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true });
  });

  it("are every step of an iteration, in its order", () => {
    const { stdout } = spawnSync(process.execPath, [cli, "iterate", "--help"], { encoding: "utf8" });
    const [, steps = ""] = /of: ([a-z,\s]+?)\n\nOptions/.exec(stdout) ?? [];
    const wanted = steps.split(/,\s+/);
    const head = ["request-by-webhook", "learn-head", "step quantise", "evaluate", "step gate"];
    const line = [...head, "sign", "push", "rollout"].flatMap((title) =>
      (commandLines.find((each) => each.title === title)?.args ?? []).filter((arg) => wanted.includes(arg)),
    );
    expect(line).toEqual(wanted);
  });

  it("are no shell's: what a request says is never run", () => {
    for (const { container } of containers) {
      expect(container.command).toEqual(["node", "/app/models/src/main.ts"]);
    }
    expect(JSON.stringify(spec)).not.toContain('"script"');
  });
});

describe("the workflow's pods", () => {
  it.each(containers)("are confined and bounded: $name", ({ container, activeDeadlineSeconds }) => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    for (const part of [container.resources.limits, container.resources.requests]) {
      expect(Object.keys(part)).toEqual(["cpu", "memory"]);
    }
    expect(Number(activeDeadlineSeconds)).toBeGreaterThan(0);
  });

  it("run unprivileged, without a token, one at a time for a model, and are cleared away", () => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.synchronization.mutexes).toEqual([{ name: "stethos-iterate-{{workflow.parameters.model}}" }]);
    expect(spec.activeDeadlineSeconds).toBe(11 * 3600);
    expect(spec.podGC.strategy).toBe("OnPodSuccess");
    expect(spec.ttlStrategy).toMatchObject({ secondsAfterSuccess: 604_800 });
    expect(spec.templateDefaults.retryStrategy.limit).toBe("3");
  });

  it("see the private key in the step that signs, and nowhere else", () => {
    const see = templates.filter((template) => JSON.stringify(template).includes("signing-key"));
    expect(see.map(({ name }) => name)).toEqual(["sign"]);
    expect(JSON.stringify(spec.volumes)).not.toContain("signing-key");
  });

  it("may write to the registry in the step that publishes, and nowhere else", () => {
    const secrets = containers.map(({ name, container }) => [
      name,
      (container.envFrom ?? []).flatMap(({ secretRef }) => secretRef?.name ?? []).join(),
    ]);
    expect(Object.fromEntries(secrets)).toEqual({
      "request-by-webhook": "stethos-requests-s3",
      "request-by-upload": "stethos-requests-s3",
      "learn-head": "stethos-registry-read",
      "learn-whole": "stethos-registry-read",
      step: "",
      evaluate: "",
      sign: "",
      push: "stethos-registry-write",
      rollout: "",
    });
  });
});

describe("what starts the workflow", () => {
  const sensor = manifest("Sensor", "stethos-retraining").spec;
  const entrypoints = templates.map(({ name }) => name);

  it("names entrypoints and parameters that are there", () => {
    for (const { template } of sensor.triggers) {
      const workflow = template.k8s.source.resource.spec;
      expect(workflow.workflowTemplateRef).toEqual({ name: "stethos-iterate" });
      expect(entrypoints).toContain(workflow.entrypoint);
      for (const { name } of workflow.arguments.parameters) expect([...parameters.keys()]).toContain(name);
    }
    for (const { kind, spec: cron } of manifestsOf()) {
      if (kind !== "CronWorkflow") continue;
      expect(cron.concurrencyPolicy).toBe("Forbid");
      expect(cron.workflowSpec.workflowTemplateRef).toEqual({ name: "stethos-iterate" });
      expect(entrypoints).toContain(cron.workflowSpec.entrypoint ?? spec.entrypoint);
    }
  });

  it("listens to event sources that are there", () => {
    for (const { eventSourceName, eventName } of sensor.dependencies) {
      const { webhook = {}, minio = {} } = manifest("EventSource", eventSourceName).spec;
      expect(Object.keys({ ...webhook, ...minio })).toContain(eventName);
    }
  });

  it("lets nothing through that could be a template: keys are of a fixed form, requests are base64", () => {
    const upload = sensor.dependencies.find(({ name }: { name: string }) => name === "upload");
    const form = new RegExp(upload.filters.data[0].value[0]);
    expect("requests/hall-7/press-1/20261122T101500Z-0a1b2c3d.json").toMatch(form);
    expect("requests%2Fhall-7%2Fpress-1%2F20261122T101500Z-0a1b2c3d.json").toMatch(form);
    expect("requests/{{workflow.name}}/x/20261122T101500Z-0a1b2c3d.json").not.toMatch(form);
    expect("requests/a/b/../../secrets/1-0a1b2c3d.json").not.toMatch(form);
    const [webhook] = sensor.triggers;
    expect(webhook.template.k8s.parameters[0].src.dataTemplate).toMatch(/\| b64enc \}\}$/);
  });

  it("runs only after the request was accepted", () => {
    for (const name of ["on-webhook", "on-upload"]) {
      const { steps } = spec.templates.find((each: Template) => each.name === name);
      expect(steps[0][0].template).toMatch(/^request-/);
      expect(steps[1][0].when).toBe("{{steps.request.outputs.parameters.verdict}} == accepted");
    }
  });
});

describe("what the workflow may do in the cluster", () => {
  it("is to make ModelRollouts, to tell its results and to start workflows", () => {
    const roles = [...manifestsOf(), ...manifestsOf("fleet")].filter(({ kind }) => kind === "Role");
    const rights = roles.flatMap(({ rules }) =>
      rules.map(({ resources, verbs }: Record<string, string[]>) => `${verbs} ${resources}`),
    );
    expect(rights).toEqual(["create,patch workflowtaskresults", "create workflows", "create modelrollouts"]);
  });

  it("needs nothing that the page about it does not tell how to make", () => {
    const page = readFileSync(join(root, "k8s/argo/README.md"), "utf8");
    const all = JSON.stringify(manifestsOf());
    const made = manifestsOf().map(({ metadata }) => metadata.name);
    const named = [...all.matchAll(/"(?:secretName|name)":"(stethos-[a-z0-9-]+)"/g)].map(
      ([, name = ""]) => name,
    );
    const secrets = [...new Set(named)].filter(
      (name) => !made.includes(name) && /key|s3|token|tls|read|write/.test(name),
    );
    expect(secrets.length).toBeGreaterThan(5);
    for (const name of secrets) expect(page).toContain(name);
  });
});
