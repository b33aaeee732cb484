import type { Migration } from "./step.ts";

const VIEWS_OF_BOTH = `
CREATE VIEW reading_named AS
SELECT reading.time, tag.node, tag.name AS tag, reading.value, tag.unit,
  CASE WHEN status < 0 THEN 'bad' WHEN status & 1073741824 <> 0 THEN 'uncertain' ELSE 'good' END AS quality,
  status::bigint & 4294967295 AS status_code,
  tag.device, tag.protocol, tag.address, reading.agent_time, reading.sequence, reading.tag_id
FROM reading JOIN tag ON tag.id = reading.tag_id;

CREATE VIEW reading_text_named AS
SELECT reading_text.time, tag.node, tag.name AS tag, reading_text.value #>> '{}' AS text, reading_text.value,
  tag.unit, tag.device, reading_text.sequence, reading_text.tag_id
FROM reading_text JOIN tag ON tag.id = reading_text.tag_id;

-- What each alarm is now.
CREATE VIEW alarm_latest AS
SELECT DISTINCT ON (node, id) * FROM alarm ORDER BY node, id, change DESC;
`;

/** Readings of one tag within a bucket; the same columns in both layouts. */
const bucketed = (bucket: string): string => `
SELECT ${bucket} AS bucket, tag_id, count(value) AS count, avg(value) AS avg, min(value) AS min, max(value) AS max,
  count(*) FILTER (WHERE status < 0) AS bad
FROM reading GROUP BY 1, 2`;

const continuous = (name: string, interval: string): string => `
CREATE MATERIALIZED VIEW ${name} WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
${bucketed(`time_bucket(INTERVAL '${interval}', time)`)}
WITH NO DATA;`;

const computed = (name: string, interval: string): string => `
CREATE VIEW ${name} AS
${bucketed(`date_bin(INTERVAL '${interval}', time, TIMESTAMPTZ '2000-01-01 00:00:00+00')`)};`;

export const VIEWS: Migration = {
  name: "views and aggregates",
  sql: {
    plain: VIEWS_OF_BOTH + computed("reading_1min", "1 minute") + computed("reading_1h", "1 hour"),
    timescale: VIEWS_OF_BOTH + continuous("reading_1min", "1 minute") + continuous("reading_1h", "1 hour"),
  },
};
