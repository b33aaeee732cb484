// The analyser's thread: resampling and features of a plant's blocks would stall the event loop.
import { parentPort } from "node:worker_threads";
import { serve } from "./serve.ts";

if (parentPort !== null) serve(parentPort);
