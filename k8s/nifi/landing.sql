-- What the flow writes into. The name of a row (node, epoch, number, row) is its key: what comes twice is there once.
CREATE TABLE IF NOT EXISTS stethos_landing (
  node text NOT NULL,
  epoch text NOT NULL,
  number bigint NOT NULL,
  "row" integer NOT NULL,
  tag text NOT NULL,
  -- As JSON has it: numbers, true and false, texts; null where there is no value.
  value text,
  unit text NOT NULL,
  quality text NOT NULL,
  status_code bigint NOT NULL,
  status text NOT NULL,
  source_time text NOT NULL,
  agent_time text NOT NULL,
  sequence bigint NOT NULL,
  device text NOT NULL,
  protocol text NOT NULL,
  address text NOT NULL,
  PRIMARY KEY (node, epoch, number, "row")
);

-- The same with types: RFC 3339 texts become times, numbers become numbers.
CREATE OR REPLACE VIEW stethos_readings AS
SELECT
  source_time::timestamptz AS time,
  tag,
  CASE WHEN value ~ '^-?[0-9.]+([eE][+-]?[0-9]+)?$' THEN value::float8 END AS value,
  value AS text,
  unit, quality, status_code, status,
  agent_time::timestamptz AS agent_time,
  sequence, device, protocol, address, node, epoch, number, "row"
FROM stethos_landing;
