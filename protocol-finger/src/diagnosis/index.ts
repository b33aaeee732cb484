// What technicians are told, without what finds it out: light enough for a program that need not identify anything.
export { changeOf } from "../device-change.ts";
export { nameOf } from "../fingerprint-text.ts";
export {
  DIAGNOSIS_CODES,
  type Diagnosis,
  type DiagnosisCode,
  diagnosisFrom,
  isSameDiagnosis,
} from "./diagnosis.ts";
export { type DiagnosisText, diagnosisText, LANGUAGES, type Language } from "./texts.ts";
