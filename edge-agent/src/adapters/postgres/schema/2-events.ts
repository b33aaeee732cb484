import type { Layout, Migration } from "./step.ts";
import { hypertable, PARTITIONED } from "./timed.ts";

const tables = (layout: Layout): string => `
CREATE TABLE score (
  time timestamptz NOT NULL,
  sequence bigint NOT NULL,
  node text NOT NULL,
  machine text NOT NULL,
  sensor text NOT NULL,
  model text NOT NULL,
  sensor_state text NOT NULL,
  state text NOT NULL,
  anomaly double precision,
  shaft_hz double precision,
  spectrum_ratio double precision,
  rms_ratio double precision,
  latency_ms double precision,
  rms double precision,
  peak double precision,
  crest double precision,
  kurtosis double precision,
  skewness double precision,
  velocity_rms double precision,
  bpfo_db double precision,
  bpfi_db double precision,
  bsf_db double precision,
  ftf_db double precision,
  vote_network boolean,
  vote_spectrum boolean,
  vote_rms boolean,
  fault_hint text,
  probabilities jsonb,
  lines jsonb
)${PARTITIONED[layout]};
CREATE INDEX score_by_sensor ON score (sensor, time);

CREATE TABLE health (
  time timestamptz NOT NULL,
  index double precision,
  baseline_progress double precision,
  node text NOT NULL,
  machine text NOT NULL,
  state text NOT NULL
)${PARTITIONED[layout]};
CREATE INDEX health_by_machine ON health (machine, time);

-- Each change of an alarm is a row; kept for ever, as are the gaps.
CREATE TABLE alarm (
  committed timestamptz NOT NULL,
  -- Order of arrival: two changes may be committed together.
  change bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node text NOT NULL,
  id text NOT NULL,
  machine text NOT NULL,
  source text NOT NULL,
  state text NOT NULL,
  severity text NOT NULL,
  priority text,
  raised timestamptz,
  cleared timestamptz,
  acknowledged timestamptz,
  acknowledged_by text,
  suppressed_reason text,
  peak_anomaly double precision,
  reason text NOT NULL,
  evidence jsonb NOT NULL,
  inhibit jsonb
);
CREATE INDEX alarm_by_id ON alarm (node, id, change DESC);
CREATE INDEX alarm_by_time ON alarm (committed DESC);

CREATE TABLE gap (
  noticed timestamptz,
  node text NOT NULL,
  stream text NOT NULL,
  cause text NOT NULL,
  -- Where only one sink misses the rows.
  sink text,
  -- -1: nobody can tell.
  rows bigint NOT NULL,
  from_time timestamptz,
  to_time timestamptz,
  tags jsonb
);
CREATE INDEX gap_by_time ON gap (noticed DESC);
`;

export const EVENTS: Migration = {
  name: "scores, health, alarms, gaps",
  sql: {
    plain: tables("plain"),
    timescale: tables("timescale") + hypertable("score", "sensor") + hypertable("health", "machine"),
  },
};
