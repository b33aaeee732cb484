import { hostname } from "node:os";
import { z } from "zod";

/** What a controller is told on its command line, checked. */
export interface ControllerConfig {
  /** All namespaces if absent. */
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly registry: string;
  readonly keyFile: string;
  readonly passphraseFile?: string | undefined;
  /** Files with public keys of those who sign models. */
  readonly trust: readonly string[];
  /** Files with public keys of other controllers. */
  readonly channelKeys: readonly string[];
  /** Where devices report to; the registry if absent. */
  readonly reports?: string | undefined;
  readonly leaseName: string;
  readonly leaseNamespace: string;
  /** How long a leader that says nothing is still taken for one. */
  readonly leaseSeconds: number;
  /** Of this process and no other. */
  readonly identity: string;
  readonly host: string;
  readonly metricsPort: number;
  readonly pollSeconds: number;
  readonly adoptInto?: string | undefined;
  readonly concurrency: number;
  readonly apiRate: { readonly perSecond: number; readonly burst: number };
}

/** What is wrong with the command line or a file that it names; the message says how to mend it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const name = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
    "use lower case letters, digits and -, as Kubernetes does",
  );
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const optionsSchema = z.object({
  namespace: name.optional(),
  allNamespaces: z.boolean().optional(),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  registry: z.string().min(1, "which registry? Give --registry, or set STETHOS_REGISTRY"),
  keyFile: z.string().min(1),
  passphraseFile: z.string().optional(),
  trust: z.array(z.string()).min(1, "name a public key of those who sign models"),
  channelKeys: z.array(z.string()),
  reports: z.string().optional(),
  leaseName: name,
  leaseNamespace: name.optional(),
  leaseSeconds: whole(5, 600),
  host: z.string(),
  metricsPort: whole(0, 65_535),
  pollSeconds: whole(1, 3600),
  adopt: z.boolean(),
  adoptInto: name.optional(),
  concurrency: whole(1, 64),
  apiQps: z.coerce.number().positive().max(10_000),
  apiBurst: whole(1, 10_000),
});

export type RawOptions = z.input<typeof optionsSchema>;

/** @param own namespace that the Kubernetes configuration or the pod names
 *  @param random for the identity: a pod that restarts keeps its host name
 *  @throws UsageError */
export function readConfig(raw: RawOptions, own: string | undefined, random: string): ControllerConfig {
  const parsed = optionsSchema.safeParse(raw);
  if (!parsed.success) throw new UsageError(parsed.error.issues.map(problemOf).join("\n"));
  const { namespace, allNamespaces, leaseNamespace, adopt, adoptInto, apiQps, apiBurst, ...rest } =
    parsed.data;
  if (allNamespaces === true && namespace !== undefined)
    throw new UsageError("--namespace and --all-namespaces exclude each other; give one of them");
  const watched = allNamespaces === true ? undefined : (namespace ?? own ?? "default");
  return {
    ...rest,
    namespace: watched,
    leaseNamespace: leaseNamespace ?? own ?? watched ?? "default",
    identity: `${hostname()}_${random}`,
    ...(adopt && { adoptInto: adoptedInto(adoptInto, watched) }),
    apiRate: { perSecond: apiQps, burst: apiBurst },
  };
}

function adoptedInto(wanted: string | undefined, watched: string | undefined): string {
  const into = wanted ?? watched;
  if (into === undefined)
    throw new UsageError(
      "with --all-namespaces say where new devices go: --adopt-into NAMESPACE or --no-adopt",
    );
  if (watched !== undefined && into !== watched)
    throw new UsageError(`devices adopted into ${into} would not be seen: only ${watched} is watched`);
  return into;
}

function problemOf({ path, message }: z.core.$ZodIssue): string {
  const option = path
    .slice(0, 1)
    .map((part) => `--${String(part).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: `)
    .join("");
  return `${option}${message}`;
}
