import { describe, expect, it } from "vitest";
import { createFakePlant, OPEN_ALARM, START_US } from "./fake-plant.ts";
import { REPORT } from "./fake-rollouts.ts";
import { metricsText } from "./metrics.ts";
import { modelMetrics } from "./model-metrics.ts";

describe("the metrics", () => {
  it("are the text format of Prometheus: each metric once, in base units, labels escaped", () => {
    const history = { bytes: 4096, readings: 1000, oldestUs: START_US, uncommitted: 3, lost: 0 };
    expect(
      metricsText(createFakePlant().status(), {
        feedClients: 2,
        history,
        models: REPORT,
        alarms: [{ ...OPEN_ALARM, priority: "high" }],
      }),
    ).toBe(`\
# HELP stethos_info What runs here
# TYPE stethos_info gauge
stethos_info{version="0.1.0",model="listener",model_version="1.0.0"} 1
# HELP stethos_start_time_seconds When the agent started, since 1970
# TYPE stethos_start_time_seconds gauge
stethos_start_time_seconds 1700000000
# HELP stethos_device_up 1 while the device answers
# TYPE stethos_device_up gauge
stethos_device_up{device="plc1"} 1
stethos_device_up{device="plc \\"2\\"\\n"} 0
stethos_device_up{device="press 3"} 0
# HELP stethos_device_diagnosis What is wrong with a device
# TYPE stethos_device_diagnosis gauge
stethos_device_diagnosis{device="press 3",code="S7_PUT_GET_OFF"} 1
# HELP stethos_feed_clients Screens that listen to the feed
# TYPE stethos_feed_clients gauge
stethos_feed_clients 2
# HELP stethos_history_bytes Size of the history on disk
# TYPE stethos_history_bytes gauge
stethos_history_bytes 4096
# HELP stethos_history_readings Readings kept
# TYPE stethos_history_readings gauge
stethos_history_readings 1000
# HELP stethos_history_uncommitted Handed over and not yet on disk
# TYPE stethos_history_uncommitted gauge
stethos_history_uncommitted 3
# HELP stethos_alarms_open Alarms that ask for the operators
# TYPE stethos_alarms_open gauge
stethos_alarms_open{priority="critical"} 0
stethos_alarms_open{priority="high"} 1
stethos_alarms_open{priority="medium"} 0
stethos_alarms_open{priority="low"} 0
# HELP stethos_alarms_inhibited Alarms that are kept from the operators
# TYPE stethos_alarms_inhibited gauge
stethos_alarms_inhibited 0
# HELP stethos_alarms_in_ten_minutes Alarms announced in the last ten minutes
# TYPE stethos_alarms_in_ten_minutes gauge
stethos_alarms_in_ten_minutes 12
# HELP stethos_alarm_flood 1 while more come than an operator can follow
# TYPE stethos_alarm_flood gauge
stethos_alarm_flood 1
# HELP stethos_alarms_dropped_total Open alarms that screens had no room for
# TYPE stethos_alarms_dropped_total counter
stethos_alarms_dropped_total 0
${modelMetrics(REPORT).join("")}# HELP stethos_readings_total Counted since the agent started
# TYPE stethos_readings_total counter
stethos_readings_total 1200
# HELP stethos_frames_scored_total Counted since the agent started
# TYPE stethos_frames_scored_total counter
stethos_frames_scored_total 8
# HELP stethos_scans_total Counted since the agent started
# TYPE stethos_scans_total counter
stethos_scans_total 3
`);
  });

  it("leave out what is not there", () => {
    const status = { ...createFakePlant().status(), devices: [], counters: {} };
    const text = metricsText(status, { feedClients: 0, history: undefined, models: REPORT, alarms: [] });
    expect(text.match(/^stethos_(?!model|alarm)\w+/gm)).toEqual([
      "stethos_info",
      "stethos_start_time_seconds",
      "stethos_feed_clients",
    ]);
  });
});
