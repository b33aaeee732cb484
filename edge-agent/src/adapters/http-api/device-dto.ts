import type { DeviceProfile, Diagnosis, Fingerprint } from "@stethos/protocol-finger";
import { diagnosisText, type Language } from "@stethos/protocol-finger/diagnosis";
import type { DeviceDetailDto, DeviceDto, DiagnosisDto, ProfileDto } from "../../core/feed.ts";
import { rfc3339 } from "../../core/time.ts";
import type { DeviceState } from "../../ports/plant.ts";

export function deviceDto(device: DeviceState, language: Language): DeviceDto {
  const { name, protocol, up, reason, since, tags, fingerprint, profile, diagnosis } = device;
  return {
    name,
    protocol,
    up,
    reason,
    sinceTime: rfc3339(since),
    tags,
    ...(fingerprint && { fingerprint: summaryOf(fingerprint) }),
    ...(profile && { profile: profileDto(profile) }),
    ...(diagnosis && { diagnosis: diagnosisDto(diagnosis, language) }),
  };
}

export function deviceDetailDto(device: DeviceState, language: Language): DeviceDetailDto {
  const { fingerprint } = device;
  const summary = deviceDto(device, language);
  if (fingerprint === undefined)
    return { ...summary, protocols: [], evidence: [], advised: [], findings: [] };
  const { protocols, evidence, profile, alternatives, diagnoses, spent } = fingerprint;
  return {
    ...summary,
    protocols,
    evidence: evidence.map(({ probe, observed, bytes, weight, source }) => ({
      probe,
      observed,
      bytes,
      weight,
      source,
    })),
    advised: [profile, ...alternatives].map(profileDto),
    findings: diagnoses.map((one) => diagnosisDto(one, language)),
    spent,
  };
}

function summaryOf(fingerprint: Fingerprint): NonNullable<DeviceDto["fingerprint"]> {
  const { vendor, family, model, orderNumber, firmware, serial, nature, confidence, at } = fingerprint;
  return { vendor, family, model, orderNumber, firmware, serial, nature, confidence, time: at };
}

const profileDto = ({ mode, why }: DeviceProfile): ProfileDto => ({ mode, why });

const diagnosisDto = (diagnosis: Diagnosis, language: Language): DiagnosisDto => ({
  ...diagnosis,
  ...diagnosisText(diagnosis.code, language),
});
