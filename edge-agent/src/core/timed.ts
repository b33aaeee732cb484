/** "raisedUs" becomes "raisedTime", "timeUs" becomes "time". */
type TimedKey<K> = K extends "timeUs" ? "time" : K extends `${infer Name}Us` ? `${Name}Time` : K;

/** What the HTTP API and the WebSocket feed send: times in RFC 3339, otherwise the core's own words. */
export type Timed<T> = {
  readonly [K in keyof T as TimedKey<K>]: K extends `${string}Us` ? string | Extract<T[K], undefined> : T[K];
};
