import { ModelError, type ObjectStore } from "@stethos/models";
import { EdgeError } from "../../core/errors.ts";
import type { ReportPlace } from "../../ports/fleet.ts";
import type { ObjectSink } from "../../ports/object-sink.ts";

/** Puts objects into a bucket or a folder. */
export function createObjectSink(store: ObjectStore): ObjectSink {
  return {
    name: store.name,
    async put(key, body, signal) {
      try {
        const there = await store.head(key, signal);
        if (there?.bytes === body.length) return;
        await store.put(key, body, "none", signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw edgeErrorOf(thrown);
      }
    },
  };
}

/** One object of a bucket or a folder, which each report replaces. */
export function createReportPlace(store: ObjectStore, key: string): ReportPlace {
  return {
    name: `${store.name}, ${key}`,
    async put(body, signal) {
      try {
        await store.put(key, body, "none", signal);
      } catch (thrown) {
        signal.throwIfAborted();
        throw edgeErrorOf(thrown);
      }
    },
  };
}

function edgeErrorOf(thrown: unknown): unknown {
  if (!(thrown instanceof ModelError)) return thrown;
  switch (thrown.code) {
    case "REGISTRY_UNREACHABLE":
    case "REGISTRY_REFUSED":
    case "DISK_FULL":
      return new EdgeError(thrown.code, thrown.message, { cause: thrown });
    default:
      return new EdgeError("REGISTRY_REFUSED", thrown.message, { cause: thrown });
  }
}
