export { type ParsedAddress, parseS7Address, type S7Address, type S7Area } from "./address.ts";
export { packJobs } from "./pack-jobs.ts";
export type { AddressProblem } from "./problem.ts";
export { halve, type PlanLimits, type PlannedItem, planReads, type ReadPlan } from "./read-plan.ts";
export type { ReadLimits } from "./read-room.ts";
export { type S7Refusal, s7Refusal } from "./refusal.ts";
export { blockProblem, counterProblem, decodeSamples } from "./samples.ts";
export { S7_TYPE_BYTES, type S7Type, typeNameAt } from "./types.ts";
export { createS7Decoder, decodeS7Value, type S7Decoder, type S7Scalar } from "./values.ts";
