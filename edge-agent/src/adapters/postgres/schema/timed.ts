import type { Layout } from "./step.ts";

/** A chunk of readings of a day holds whole buckets of a minute and of an hour: else the sums at its ends are false. */
export const CHUNK_INTERVAL = "1 day";

/** What follows the columns of a table that is divided by time. */
export const PARTITIONED: Readonly<Record<Layout, string>> = {
  plain: " PARTITION BY RANGE (time)",
  timescale: "",
};

/** Makes a table a hypertable; its indexes are made by ourselves.
 *  @param segmentBy what queries ask for one of; it is kept together when compressed */
export const hypertable = (table: string, segmentBy: string): string => `
SELECT create_hypertable('${table}', 'time', chunk_time_interval => INTERVAL '${CHUNK_INTERVAL}',
  create_default_indexes => FALSE);
ALTER TABLE ${table} SET (timescaledb.compress, timescaledb.compress_segmentby = '${segmentBy}',
  timescaledb.compress_orderby = 'time DESC');`;
