import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { openAuditLog } from "./adapters/audit-log/audit-log.ts";
import { createHttpApi } from "./adapters/http-api/server.ts";
import type { LogSinkFigures } from "./adapters/logs/log-sink.ts";
import { createCounters } from "./adapters/node/counters.ts";
import { createAnalyser } from "./adapters/signal/analyser.ts";
import { createFft } from "./adapters/signal/fft.ts";
import { createHistory } from "./adapters/sqlite/history.ts";
import { createStateFile } from "./adapters/state-file/state-file.ts";
import { createTracing } from "./adapters/tracing/tracing.ts";
import { createAcquisition } from "./compose/acquisition.ts";
import { type Alarms, createAlarms } from "./compose/alarms.ts";
import { createDataPlane } from "./compose/data-plane.ts";
import { createModels } from "./compose/models.ts";
import { createObservability } from "./compose/observability.ts";
import { rulesFileOf } from "./compose/rules-file.ts";
import { nodeName } from "./compose/sinks.ts";
import { createTwin } from "./compose/twin.ts";
import type { AgentConfig } from "./config.ts";
import { describeError } from "./core/errors.ts";
import { createAuditView, isAboutAlarms } from "./flow/audit-view.ts";
import { createInfer } from "./flow/infer.ts";
import { createMaintenance } from "./flow/keep-maintenance.ts";
import { createMirror } from "./flow/mirror.ts";
import { reloadRules } from "./flow/rules-reload.ts";
import { createShaftSpeed } from "./flow/shaft-speed.ts";
import { createWatch, type Watch } from "./flow/watch.ts";
import { isOfDataPlane } from "./flow/watch-data-plane.ts";
import type { History } from "./ports/history.ts";
import type { Logger } from "./ports/logger.ts";
import type { Random } from "./ports/random.ts";

export interface AgentDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly version: string;
  /** Folder of the built page; without it only the API is served. */
  readonly webRoot?: string;
  /** How the places fare where the log goes beside standard error. */
  readonly logs?: () => readonly LogSinkFigures[];
}

/** A running agent. */
export interface Agent {
  /** Where the page and the API are: "http://127.0.0.1:8642". */
  readonly address: string;
  /** Takes a new configuration: devices that did not change keep their connections.
   *  @returns names of the devices that were started, stopped and kept */
  reload(config: AgentConfig): ReloadReport;
  /** Ends everything in order: acquisition, model, store. Never throws. */
  close(): Promise<void>;
}

export interface ReloadReport {
  readonly started: readonly string[];
  readonly stopped: readonly string[];
  readonly kept: readonly string[];
  /** Settings that only a restart can change. */
  readonly needRestart: readonly string[];
}

const CLOSE_MS = 5000;
/** Open alarms that a restart takes up again: more than a flood leaves. */
const MOST_LEFT = 10_000;

/** Wires a whole agent from a checked configuration and starts it.
 *  @throws EdgeError when the model, the store or the port cannot be had */
export async function startAgent(config: AgentConfig, deps: AgentDeps): Promise<Agent> {
  const { clock, logger } = deps;
  const stopping = new AbortController();
  const counters = createCounters();
  await mkdir(config.dataFolder, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    stopping.abort(new DOMException("the agent is stopping", "AbortError"));
    for (const close of closers.reverse())
      await close().catch((thrown) =>
        logger.error({ err: describeError(thrown) }, "a part did not close cleanly"),
      );
  };
  try {
    // What it asks is made below, before anybody can ask.
    const observability = await createObservability(config, {
      ...deps,
      counters,
      status: () => mirror.status(),
      alarms: () => mirror.alarms(),
      health: () => mirror.machines.map(({ id }) => mirror.health(id)),
      models: () => models.rollouts.report(),
      feedClients: () => api.feedClients(),
      history: (signal) => history.statistics(signal),
      dataPlane: () => dataPlane,
      rollBack: (reason, signal) => models.rollouts.command("abort", "agent", reason, signal),
    });
    const { telemetry } = observability;
    closers.push(() => observability.close());
    const history = await createHistory(
      { ...config.settings.history, file: join(config.dataFolder, "history.db") },
      { clock, logger, telemetry },
    );
    closers.push(() => history.close());
    const tracing = await createTracing(config.settings.tracing, {
      ...deps,
      history,
      node: nodeName(config.settings.models.node),
      indexOf: (id) => acquisition.tags.findIndex((tag) => tag.id === id),
      sinks: () =>
        config.settings.sinks
          .filter((sink) => sink.kind === "sparkplug" || sink.streams.includes("readings"))
          .map(({ name }) => name),
    });
    closers.push(() => tracing.close());
    const dataPlane = await createDataPlane(config, { ...deps, telemetry, tracer: tracing });
    closers.push(async () => dataPlane?.close());
    const audit = await openAuditLog({ file: join(config.dataFolder, "audit.ndjson") }, clock.nowUs);
    closers.push(() => audit.close());
    const models = await createModels(config, {
      ...deps,
      telemetry,
      audit: createAuditView(audit, (entry) => !isAboutAlarms(entry)),
    });
    closers.push(() => models.close());
    const analyser = createAnalyser({ clock, logger, telemetry });
    closers.push(() => analyser.close());
    const twin = await createTwin({ ...deps, telemetry, dataFolder: config.dataFolder });
    closers.push(() => twin.close());
    const maintenance = await createMaintenance({
      stateFile: createStateFile(join(config.dataFolder, "maintenance.json")),
      audit,
      nowUs: clock.nowUs,
      logger,
    });

    const left = await leftBehind(history);
    const mirror = createMirror({
      nowUs: clock.nowUs,
      counters: counters.read,
      acknowledge: (alarm, by) => alarms.acknowledge(alarm, by),
      inhibit: (command) => alarms.command(command),
      inhibits: () => alarms.inhibits(),
      relearn(machine, by) {
        models.forget(machine);
        return watch.relearn(machine, by);
      },
      identify: (device) => acquisition.identify(device),
      about: { version: deps.version, startedUs: clock.nowUs() },
    });
    const alarms: Alarms = await createAlarms({
      ...deps,
      ...left,
      telemetry,
      audit,
      dataPlane,
      node: nodeName(config.settings.models.node),
      dataFolder: config.dataFolder,
      acknowledge: (alarm, by) => watch.acknowledge(alarm, by),
      onAlarm(alarm) {
        mirror.onAlarm(alarm);
        twin.points.onAlarm(alarm);
        history.saveAlarm(alarm);
        if (!isOfDataPlane(alarm)) dataPlane?.appendAlarm(alarm);
      },
      onInhibit(source, inhibit) {
        twin.points.onInhibit(source, inhibit);
        watch.onInhibit(source);
      },
    });
    closers.push(() => alarms.close());
    const watch: Watch = createWatch({
      ...deps,
      ...left,
      champion: () => models.server.champion.contract,
      isDegraded: () => models.rollouts.isDegraded,
      inhibitOf: (sensor) => alarms.inhibitOf(sensor),
      policy: config.settings.detector,
      onScore(score) {
        mirror.onScore(score);
        twin.points.onScore(score);
        history.appendScore(score);
        dataPlane?.appendScore(score);
        alarms.onScore(score);
      },
      onHealth(health) {
        mirror.onHealth(health);
        history.appendHealth(health);
        dataPlane?.appendHealth(health);
        alarms.onHealth(health);
      },
      onAlarm(alarm, block) {
        models.onAlarm(alarms.onAlarm(alarm));
        if (block === undefined) return;
        const { id, unit } = block.sensor;
        history.saveWaveform(alarm.id, { waveform: block.waveform, sensor: id, unit });
      },
      onBaseline: history.saveBaseline,
      onBaselineForgotten: history.removeBaseline,
    });
    const speed = createShaftSpeed();
    const infer = createInfer({
      analyser,
      models: models.server,
      clock,
      logger,
      telemetry,
      listeningFor: watch.listeningFor,
      isDegraded: () => models.rollouts.isDegraded,
      onHeard(heard, features) {
        models.beforeHeard(heard);
        watch.onHeard(heard, features);
        models.onHeard(heard, features);
      },
    });
    const forwarding = dataPlane?.run(stopping.signal);
    closers.push(async () => forwarding);
    const judging = observability.run(stopping.signal);
    closers.push(() => judging);
    const inferring = infer.run(stopping.signal);
    closers.push(() => inferring);
    const modelling = models.run(stopping.signal);
    closers.push(() => modelling);
    const recording = twin.run(stopping.signal);
    closers.push(() => recording);
    const alarming = alarms.run(stopping.signal);
    closers.push(() => alarming);
    const acquisition = createAcquisition({
      ...deps,
      telemetry,
      dataFolder: config.dataFolder,
      onReadings(batch) {
        speed.onReadings(batch);
        alarms.onReadings(batch);
        mirror.onReadings(batch);
        twin.points.onReadings(batch);
        history.append(batch);
        dataPlane?.append(batch);
        if (tracing.isOn) tracing.onReadings(batch);
      },
      onWaveform(waveform) {
        for (const sensor of watch.sensorsOf(waveform.tag)) {
          mirror.onWaveform(sensor.id, waveform);
          infer.hear({ sensor, waveform, shaftHz: speed.of(sensor.machine) });
        }
      },
      onDevice(device, news) {
        mirror.onDevice(device, news);
        twin.points.onDevice(device, news);
        if (news.kind === "link") watch.onLink(device, news.up);
      },
    });
    closers.push(() => acquisition.close(CLOSE_MS));
    const apply = (next: AgentConfig) => {
      const report = acquisition.apply(next);
      history.registerTags(acquisition.tags);
      dataPlane?.registerTags(acquisition.tags);
      const machines = acquisition.place(next);
      speed.setMachines(machines, acquisition.tags);
      twin.setPlant(next, machines, acquisition.tags, acquisition.deviceOf);
      alarms.setPlant(next, machines, acquisition.tags);
      watch.setMachines(machines, acquisition.deviceOf);
      mirror.setPlant(
        machines,
        acquisition.tags,
        next.devices.map(({ plan }) => ({
          name: plan.device,
          protocol: plan.protocol,
          tags: plan.tags.map(({ id }) => id),
          isKept: report.kept.includes(plan.device),
        })),
      );
      return report;
    };
    let current = config;
    const api = await createHttpApi(
      { ...config.settings.api, ...(deps.webRoot && { webRoot: deps.webRoot }) },
      {
        plant: mirror,
        history,
        dataPlane,
        metrics: observability.metrics,
        traces: tracing,
        points: twin.points,
        twinRecording: twin.recording,
        maintenance,
        audit,
        healthyOf(sensor, shaftHz) {
          const { knowledge } = watch.listeningFor(sensor, shaftHz);
          const { sampleRateHz } = models.server.champion.contract;
          return knowledge.kind === "learnt" ? { band: knowledge.band, sampleRateHz } : undefined;
        },
        layoutFolder: () => current.layoutFolder,
        rollouts: models.rollouts,
        field: models.field,
        clock,
        logger,
        createFft,
      },
    );
    closers.push(() => api.close());
    apply(config);
    acquisition.start();
    const reloading = reloadRules(
      {
        ...deps,
        telemetry,
        file: () => rulesFileOf(current),
        version: () => current.rules.version,
        onRules(rules) {
          current = { ...current, rules };
          alarms.setPlant(current, acquisition.place(current), acquisition.tags);
        },
      },
      stopping.signal,
    );
    closers.push(() => reloading);
    return {
      address: api.address,
      reload(next) {
        const needRestart = settingsThatNeedRestart(current, next);
        current = next;
        const report = apply(next);
        acquisition.start();
        return { ...report, needRestart };
      },
      close: closeAll,
    };
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
}

/** What the store remembers, so that a restart costs neither baselines nor open alarms. */
async function leftBehind(history: History) {
  const { signal } = new AbortController();
  const [baselines, alarms] = await Promise.all([
    history.baselines(signal),
    history.alarms({ most: MOST_LEFT, openOnly: true }, signal),
  ]);
  return { baselines, alarms };
}

/** Settings that are read once, at the start. */
function settingsThatNeedRestart(before: AgentConfig, after: AgentConfig): string[] {
  const once = [
    "site",
    "data",
    "model",
    "models",
    "scorerThreads",
    "api",
    "history",
    "outbox",
    "sinks",
  ] as const;
  return once.filter((key) => JSON.stringify(before.settings[key]) !== JSON.stringify(after.settings[key]));
}
