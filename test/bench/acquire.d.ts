import type { Bench } from "./harness.ts";
export declare const acquire: Bench;
