import { counter, gauge, type MetricTable } from "./table-row.ts";

/** Looked up when somebody asks: devices, machines, alarms, and the process itself. */
export const plantTable = {
  info: gauge({ labels: ["version", "model", "model_version"], help: "What runs here" }),
  start_time_seconds: gauge({ unit: "seconds", help: "When the agent started, since 1970" }),
  scrape_part_up: gauge({
    labels: ["part"],
    help: "1 while this part of the agent tells its figures; where it is 0, they are missing below",
  }),
  device_up: gauge({ labels: ["device"], help: "1 while the device answers" }),
  device_tags: gauge({
    labels: ["device", "quality"],
    help: "Tags by whether their newest value can be used",
  }),
  device_diagnosis: gauge({ labels: ["device", "code"], help: "What is wrong with a device" }),
  machines: gauge({ labels: ["state"], help: "Machines in each state of health" }),
  machine_health_worst: gauge({ help: "Lowest health index of any machine, 0 to 100" }),
  alarms: gauge({ labels: ["state"], help: "Alarms in each state" }),
  alarms_open: gauge({ labels: ["priority"], help: "Alarms that ask for the operators" }),
  alarms_inhibited: gauge({ help: "Alarms that are kept from the operators" }),
  alarms_recent: gauge({ help: "Alarms announced in the last ten minutes" }),
  alarm_flood: gauge({ help: "1 while more come than an operator can follow" }),
  alarms_dropped_total: counter({ help: "Open alarms that screens had no room for" }),
  feed_clients: gauge({ help: "Screens that listen to the feed" }),
  queue_items: gauge({ labels: ["queue"], help: "Items that wait in a queue inside the agent" }),
  process_resident_memory_bytes: gauge({ unit: "bytes", help: "Memory of the process" }),
  process_heap_used_bytes: gauge({ unit: "bytes", help: "Of these, JavaScript objects" }),
  process_cpu_seconds_total: counter({ unit: "seconds", help: "Processor time of all threads" }),
  event_loop_delay_seconds: gauge({
    unit: "seconds",
    labels: ["rank"],
    help: "How late the main thread comes to its work, since the last look",
  }),
  disk_free_bytes: gauge({ unit: "bytes", help: "Free on the disk that holds the data folder" }),
  logs_lines_total: counter({ labels: ["log"], help: "Lines that a log took" }),
  logs_dropped_total: counter({ labels: ["log"], help: "Lines that a log had no room for" }),
  logs_failures_total: counter({ labels: ["log"], help: "Attempts to hand over lines that failed" }),
} as const satisfies MetricTable;
