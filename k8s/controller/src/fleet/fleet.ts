import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  createRegistry,
  createSigner,
  ModelError,
  openStore,
  readTrust,
  type S3Place,
  type Signer,
  type Trust,
  trustPem,
} from "@stethos/models";
import type { Clock } from "@stethos/protocol-finger/clock";
import { type Fleet, FleetError } from "../ports/fleet.ts";
import type { Known } from "./admit.ts";
import { asFleetError } from "./fleet-error.ts";
import { createGate } from "./gate.ts";
import { type PointingDeps, pointAt, pointBack, renewAt } from "./pointing.ts";
import { createReports } from "./reports.ts";

/** Where something is kept: a folder, or s3://bucket/prefix. */
export interface FleetPlace {
  readonly url: string;
  readonly s3?: S3Place | undefined;
}

export interface FleetOptions {
  readonly registry: FleetPlace;
  /** Where devices report to; the registry's own place if absent. */
  readonly reports?: FleetPlace | undefined;
  /** Files with the public keys of those who sign packages, as the devices have them. */
  readonly trustedKeys: readonly string[];
  /** Files with public keys of other controllers: of one that is being replaced. */
  readonly channelKeys?: readonly string[] | undefined;
  /** File with the private key that signs pointers. Devices trust its public half for channels, not for packages. */
  readonly signingKey: string;
  readonly passphraseFile?: string | undefined;
  /** Pointers that are set at once: each takes some seconds on a store without conditional writes. */
  readonly pointersAtOnce?: number | undefined;
}

export interface FleetDeps {
  readonly clock: Clock;
  readonly logger: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
  /** What is known of a device from elsewhere: its pinned key, and the newest report that was taken. */
  readonly known?: Known | undefined;
}

const POINTERS_AT_ONCE = 32;

/** The devices, through the registry's store.
 *  @throws FleetError "refused" for a place or keys that cannot be used */
export async function createFleet(options: FleetOptions, deps: FleetDeps): Promise<Fleet> {
  const { clock, logger, known = () => undefined } = deps;
  const { signer, packages, pointers } = await asFleetError(() => keysOf(options));
  const open = ({ url, s3 = {} }: FleetPlace) => asFleetError(async () => openStore(url, s3, clock));
  const registry = createRegistry(await open(options.registry), { clock });
  const store = options.reports === undefined ? registry.store : await open(options.reports);
  const { reports } = createReports({
    store,
    known,
    onRefused: (key, why) => logger.warn({ key, why }, "the report of a device is refused"),
  });
  const gate = createGate(options.pointersAtOnce ?? POINTERS_AT_ONCE);
  const pointing: PointingDeps = { registry, signer, trust: pointers, clock };

  return {
    reports: (signal) => asFleetError(() => reports(signal)),
    published: (model, version, signal) =>
      asFleetError(async () => {
        try {
          const { digest } = await registry.version(model, version, packages, signal);
          return { version, digest };
        } catch (thrown) {
          if (!(thrown instanceof ModelError) || !thrown.code.startsWith("MODEL_")) throw thrown;
          logger.warn({ model, version, err: thrown.message }, "the version cannot be rolled out");
          return undefined;
        }
      }),
    offer: (wanted, signal) =>
      asFleetError(() => gate.through(() => pointAt(wanted, pointing, signal), signal)),
    renew: (wanted, signal) =>
      asFleetError(() => gate.through(() => renewAt(wanted, pointing, signal), signal)),
    recall: (wanted, signal) =>
      asFleetError(() => gate.through(() => pointBack(wanted, pointing, signal), signal)),
  };
}

interface Keys {
  readonly signer: Signer;
  /** Whose packages count. */
  readonly packages: Trust;
  /** Whose pointers count. */
  readonly pointers: Trust;
}

async function keysOf(options: FleetOptions): Promise<Keys> {
  const { signingKey, passphraseFile, trustedKeys, channelKeys = [] } = options;
  const pem = await readSecret(signingKey, "the signing key");
  const passphrase =
    passphraseFile === undefined ? undefined : (await readSecret(passphraseFile, "the passphrase")).trim();
  const signer = createSigner(pem, passphrase, signingKey);
  const packages = await readTrust(trustedKeys);
  const others = await readTrust(channelKeys);
  const own = trustPem(publicHalf(pem, passphrase));
  return { signer, packages, pointers: { keys: [...own.keys, ...packages.keys, ...others.keys] } };
}

const publicHalf = (key: string, passphrase = ""): string =>
  createPublicKey(createPrivateKey({ key, passphrase })).export({ type: "spki", format: "pem" }).toString();

async function readSecret(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new FleetError("refused", `${what} ${file} cannot be read; check the path and its permissions`, {
      cause,
    });
  }
}
