import type { TwinFramesQuery, TwinRecording, TwinSpan } from "../../../ports/twin-recording.ts";

// A recording in memory, for the tests of the replay's routes.

export interface FakeRecording extends TwinRecording {
  kept: readonly TwinSpan[];
  messages: readonly Uint8Array[];
  readonly asked: TwinFramesQuery[];
  /** Waits before each message until its signal aborts. */
  hangs: boolean;
  readonly ended: boolean[];
}

export function createFakeRecording(): FakeRecording {
  const fake: FakeRecording = {
    kept: [],
    messages: [Buffer.from("a message")],
    asked: [],
    hangs: false,
    ended: [],
    append: () => true,
    spans: () => fake.kept,
    statistics: { bytes: 0, recorded: 0, dropped: 0 },
    async *frames(query, signal) {
      fake.asked.push(query);
      try {
        for (const message of fake.messages) {
          yield message;
          if (!fake.hangs) continue;
          await new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        }
      } finally {
        fake.ended.push(true);
      }
    },
    close: async () => {},
  };
  return fake;
}
