import type { Layout, Migration } from "./step.ts";
import { hypertable, PARTITIONED } from "./timed.ts";

const tables = (layout: Layout): string => `
-- Who writes under a name: whoever came last.
CREATE TABLE agent (
  node text PRIMARY KEY,
  owner text NOT NULL,
  claimed timestamptz NOT NULL
) WITH (fillfactor = 50);

-- What has arrived: written with the rows in one transaction, so that nothing arrives twice.
CREATE TABLE delivery (
  node text NOT NULL,
  epoch text NOT NULL,
  stream text NOT NULL,
  last_number bigint NOT NULL,
  -- Names the last batch beyond its number.
  last_committed_us bigint NOT NULL,
  rows bigint NOT NULL,
  -- Of the last transaction: by batch, by row, why.
  refused jsonb,
  at timestamptz NOT NULL,
  PRIMARY KEY (node, epoch, stream)
) WITH (fillfactor = 50);

CREATE TABLE tag (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node text NOT NULL,
  name text NOT NULL,
  -- A tag that changes its unit is another series: what was read stays true.
  unit text NOT NULL,
  device text NOT NULL,
  protocol text NOT NULL,
  address text NOT NULL,
  UNIQUE (node, name, unit)
);

-- The order of the columns leaves no holes in a row.
CREATE TABLE reading (
  time timestamptz NOT NULL,
  agent_time timestamptz NOT NULL,
  -- Null where there is none: the device gave none, or it is in reading_text.
  value double precision,
  sequence bigint NOT NULL,
  tag_id integer NOT NULL,
  -- OPC UA status code, bit for bit: below 0 is bad.
  status integer NOT NULL
)${PARTITIONED[layout]};
-- Ascending: each tag grows at its end, so that PostgreSQL fills the pages (nbtsplitloc.c). No two entries are alike.
CREATE INDEX reading_by_tag ON reading (tag_id, time) WITH (deduplicate_items = off);

-- Values that are no plain number: texts, booleans, lists, integers beyond 2^53. Each has its row in reading too.
CREATE TABLE reading_text (
  time timestamptz NOT NULL,
  tag_id integer NOT NULL,
  sequence bigint NOT NULL,
  value jsonb NOT NULL
)${PARTITIONED[layout]};
CREATE INDEX reading_text_by_tag ON reading_text (tag_id, time) WITH (deduplicate_items = off);
`;

export const READINGS: Migration = {
  name: "agents, ledger, tags, readings",
  sql: {
    plain: tables("plain"),
    timescale: tables("timescale") + hypertable("reading", "tag_id") + hypertable("reading_text", "tag_id"),
  },
};
