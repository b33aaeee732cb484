import { type Bench } from "./harness.ts";
export declare const start: Bench;
