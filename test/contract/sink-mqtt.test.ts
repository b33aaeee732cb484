import { openMqttBench } from "../mqtt/bench.ts";
import { openSparkplugBench } from "../mqtt/sparkplug-bench.ts";
import { describeSink } from "./sink.contract.ts";

describeSink("MQTT, a message a reading", () => openMqttBench("reading"));
describeSink("MQTT, a message a batch", () => openMqttBench("batch"));
describeSink("Sparkplug B", openSparkplugBench);
