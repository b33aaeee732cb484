import { X509Certificate } from "node:crypto";
import { describeError } from "../../core/errors.ts";
import { type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** All certificates of one file, PEM or DER: the one that ends first counts. */
export async function lookAtCertificate(
  { readBytes, nowUs }: Pick<Examined, "nowUs" | "readBytes">,
  file: string,
): Promise<Finding> {
  let spans: readonly { readonly fromMs: number; readonly toMs: number }[];
  try {
    spans = certificatesOf(await readBytes(file)).map(({ validFrom, validTo }) => ({
      fromMs: Date.parse(validFrom),
      toMs: Date.parse(validTo),
    }));
  } catch (thrown) {
    return finding("certificate", "certificate-unreadable", { file, why: describeError(thrown) });
  }
  const nowMs = nowUs() / 1000;
  const early = Math.max(...spans.map(({ fromMs }) => fromMs)) - nowMs;
  const left = Math.min(...spans.map(({ toMs }) => toMs)) - nowMs;
  if (left < 0) return finding("certificate", "certificate-ended", { file, days: days(-left) });
  if (early > 0) return finding("certificate", "certificate-early", { file, days: days(early) });
  const code = left < SOON_DAYS * DAY_MS ? "certificate-ends-soon" : "certificate-good";
  return finding("certificate", code, { file, days: days(left) });
}

const days = (ms: number): number => Math.floor(ms / DAY_MS);

function certificatesOf(bytes: Buffer): readonly X509Certificate[] {
  const blocks = bytes.toString("latin1").match(PEM);
  return (blocks ?? [bytes]).map((block) => new X509Certificate(block));
}
