import { randomUUID } from "node:crypto";
import type { KubeConfig } from "@kubernetes/client-node";
import { type Command, Option } from "commander";
import { loadKubeConfig, ownNamespace } from "../compose/kube-config.ts";
import { type ControllerConfig, type RawOptions, readConfig } from "../config.ts";
import type { CliContext } from "./io.ts";

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** What `run` and `check` are told alike. */
export const withControllerOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--registry <where>", "a folder, or s3://bucket/prefix?endpoint=https://host:9000").env(
        "STETHOS_REGISTRY",
      ),
    )
    .option("--reports <where>", "where devices report to, if not the registry")
    .requiredOption("--key-file <file>", "private key that signs the devices' channels")
    .option("--passphrase-file <file>", "its first line opens the key")
    .option("--trust <file>", "public key of those who sign models; again for more", gathered, [])
    .option(
      "--channel-key <file>",
      "public key of another controller, as before a change; again for more",
      gathered,
      [],
    )
    .option(
      "-n, --namespace <name>",
      "namespace of rollouts and devices (default: the pod's, or the context's)",
    )
    .option("-A, --all-namespaces", "rollouts and devices of all namespaces")
    .option(
      "--kubeconfig <file>",
      "where Kubernetes is (default: the pod's service account, else as kubectl)",
    )
    .option("--context <name>", "context of the kubeconfig")
    .option("--lease-name <name>", "lease that controllers of one fleet share", "stethos-controller")
    .option("--lease-namespace <name>", "where the lease is (default: the pod's namespace)")
    .option(
      "--lease-seconds <n>",
      "another controller leads when this one was silent for so long (5 to 600)",
      "15",
    )
    .option("--adopt-into <name>", "namespace for devices that report and are not known")
    .option("--no-adopt", "devices are made by hand only")
    .option("--poll-seconds <n>", "how often the devices' reports are read", "30")
    .option("--concurrency <n>", "writes and pointer moves at the same time", "8")
    .option("--api-qps <n>", "requests a second to the API server", "50")
    .option("--api-burst <n>", "requests at once before that", "100")
    .option("--host <address>", "where metrics and health are served", "0.0.0.0")
    .option("--metrics-port <port>", "their port; 0 takes a free one", "9464");

export type GivenOptions = Omit<RawOptions, "channelKeys" | "registry"> & {
  readonly registry?: string;
  readonly channelKey: string[];
};

/** @throws UsageError */
export function configOf(
  { channelKey, registry = "", ...options }: GivenOptions,
  { env }: Pick<CliContext, "env">,
): { readonly config: ControllerConfig; readonly kubeConfig: KubeConfig } {
  const kubeConfig = loadKubeConfig(options, env);
  const raw = { ...options, registry, channelKeys: channelKey };
  return { config: readConfig(raw, ownNamespace(kubeConfig), randomUUID()), kubeConfig };
}
