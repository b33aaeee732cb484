/** What is known of a metric beside its name. Every metric has one row; the text and the README are held against it. */
export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  /** All from bounded sets: never the name of a device or a rollout. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
}

export const PREFIX = "stethos_controller";

const QUICK = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SLOW = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Counted where it happens. */
export const eventTable = {
  leader_terms_total: { type: "counter", labels: [], help: "Times that this process became leader" },
  leader_terms_lost_total: { type: "counter", labels: [], help: "Terms that ended though nobody had asked" },
  lease_failures_total: { type: "counter", labels: [], help: "Looks at the lease that got no good answer" },
  api_requests_total: {
    type: "counter",
    labels: ["method", "code"],
    help: "Requests to the API server by HTTP status; 0 got no answer",
  },
  api_request_seconds: {
    type: "histogram",
    labels: ["method"],
    buckets: QUICK,
    help: "From sending a request until its answer is read, or a watch begins",
  },
  lists_total: { type: "counter", labels: ["kind"], help: "Full lists read" },
  watch_ends_total: {
    type: "counter",
    labels: ["kind", "why"],
    help: "Watches that ended: closed (as asked for), expired (410), failed, silent",
  },
  events_told_total: { type: "counter", labels: [], help: "Events written, counts of series included" },
  events_lost_total: { type: "counter", labels: ["why"], help: "Events not written: flood, refused" },
  steps_total: {
    type: "counter",
    labels: [],
    help: "Steps carried out: journals, offers, renewals, recalls, finalizers",
  },
  conflicts_total: {
    type: "counter",
    labels: [],
    help: "Steps left for the next look: the object had changed",
  },
  failures_total: {
    type: "counter",
    labels: ["what"],
    help: "Looks that did not work and are tried again: reports, devices, rollout",
  },
  reports_refused_total: { type: "counter", labels: [], help: "Reports of devices that began to be refused" },
  reports_read_seconds: {
    type: "histogram",
    labels: [],
    buckets: SLOW,
    help: "Reading the reports of all devices from the registry",
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

/** Looked up at each scrape. */
export const stateTable = {
  info: { type: "gauge", labels: ["version"], help: "1; which version runs" },
  leader: { type: "gauge", labels: [], help: "1 while this process leads" },
  synced: { type: "gauge", labels: [], help: "1 since both kinds of objects have been listed" },
  cached_objects: { type: "gauge", labels: ["kind"], help: "Objects known of the API server" },
  refused_objects: {
    type: "gauge",
    labels: ["kind"],
    help: "Objects left out: they do not fit their definition",
  },
  rollouts: {
    type: "gauge",
    labels: ["phase"],
    help: "Rollouts in each phase; Pending has no status yet too",
  },
  device_steps: {
    type: "gauge",
    labels: ["step"],
    help: "Devices at each step of the last rollout that had them",
  },
  reporting_devices: {
    type: "gauge",
    labels: [],
    help: "Devices whose report was good when last read; leader only",
  },
  resident_memory_bytes: { type: "gauge", labels: [], help: "Memory of this process" },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type EventMetric = keyof typeof eventTable;
export type StateMetric = keyof typeof stateTable;

export const rowsOf = <K extends string>(
  table: Readonly<Record<K, MetricRow>>,
): readonly (readonly [K, MetricRow])[] =>
  // Object.entries() forgets which keys there are.
  Object.entries<MetricRow>(table) as [K, MetricRow][];
