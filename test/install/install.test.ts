import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../e2e/processes.ts";
import { type Container, noContainer, startContainer } from "./container.ts";
import { makeRelease, makeVariant } from "./releases.ts";

// The real installer under a real systemd, in a container whose files are thrown away. A busy machine takes its time.
const LONG_MS = 900_000;
const LOOK_MS = 300;
const PATIENCE_MS = 240_000;
/** Under names of its own: a checkout in /tmp is not seen inside, for the container has a /tmp of its own. */
const NODE = "/node/node";
const PLANT = "/checkout/test/plant/main.ts";
const shared = {
  "/checkout": join(import.meta.dirname, "../.."),
  "/node": dirname(process.execPath),
};

/** The command line of a release that answers as the real one does until it is to run. */
const sick = (run: string): string => `#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
stethos() { "$root/node/bin/node" "$root/edge-agent/src/main.ts" "$@"; }
case $1 in
  run) ${run} ;;
  *) stethos "$@" ;;
esac
`;
const DIES_AT_ONCE = sick("echo no library; exit 1");
/** As one that runs out of memory: ready, and gone a moment later. */
const DIES_WHEN_READY = sick(
  'stethos "$@" & stethos doctor -c /etc/stethos/agent.yaml --ready-within 200; sleep 2; kill -9 $!; exit 1',
);

interface Machine {
  readonly scores: readonly { readonly state: string }[];
}

const reason = noContainer();
if (reason !== undefined) process.stderr.write(`the installer was not run under a real systemd: ${reason}\n`);

describe.runIf(reason === undefined)("the installer, under a systemd of its own", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let machine: Container;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const bundles = join(folder.path, "bundles");
    await mkdir(bundles);
    const release = await makeRelease(bundles);
    await makeVariant(release, "0.2.0");
    await makeVariant(release, "0.3.0", { "bin/stethos": DIES_AT_ONCE });
    await makeVariant(release, "0.4.0", { "bin/stethos": DIES_WHEN_READY });
    await writeFile(join(bundles, "with.json"), JSON.stringify({ data: "/var/lib/stethos" }));
    machine = await startContainer(join(folder.path, "machine"), { "/bundles": bundles, ...shared });
  }, 900_000);

  afterAll(async () => {
    await machine?.close();
    await folder.remove();
  });

  /** @returns what it wrote, where it ended well */
  async function done(script: string): Promise<string> {
    const { code, output } = await machine.run(script);
    expect(output, script).toSatisfy(() => code === 0);
    return output.trim();
  }

  const install = (release: string, more = "") =>
    machine.run(`/bundles/${release}/install.sh --soak 3 ${more}`);
  const show = (property: string) => done(`systemctl show -p ${property} --value stethos`);
  const version = () => done("stethos --version");
  const ask = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse(
      await done(
        `${NODE} -e 'fetch("http://127.0.0.1:8642${path}").then((a) => a.text()).then((t) => console.log(t))'`,
      ),
    ) as Record<string, unknown>;

  /** How many readings its history holds, handed over or on the disk. */
  async function readings(): Promise<number> {
    const { history } = (await ask("/v1/status")) as { history?: { readings: number } };
    return history?.readings ?? 0;
  }

  /** The first that ends in vain says what the machine said. */
  async function until(holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error((await machine.run("journalctl --no-pager -n 50")).output);
      await pause(LOOK_MS);
    }
  }

  it(
    "says what it would do, and does nothing, in a dry run",
    async () => {
      const { code, output } = await install("release", "--dry-run");
      expect(code).toBe(0);
      expect(output).toContain("would run: systemd-sysusers");
      expect(await done("ls -d /opt/stethos /etc/stethos 2>/dev/null || echo none")).toBe("none");
    },
    LONG_MS,
  );

  it(
    "installs from a bundle without a network; the service reads and scores within all its walls",
    async () => {
      const plant = `sleep infinity | ${NODE} ${PLANT} /root/agent.yaml --with /bundles/with.json --block-ms 400 --wait`;
      await done(`systemd-run --quiet --unit=plant sh -c '${plant}'`);
      await until(async () => (await machine.run("test -s /root/agent.yaml")).code === 0);
      const { code, output } = await install("release", "--config /root/agent.yaml");
      expect(output).toContain("runs. Look at it");
      expect(code).toBe(0);
      await until(async () => (await readings()) > 0);
      // The champion's worker ran within the filter of system calls.
      await until(async () => {
        const machines = (await ask("/v1/machines")) as unknown as readonly Machine[];
        return machines.some(({ scores }) => scores.some(({ state }) => state === "scored"));
      });
      const status = await done("cat /proc/$(systemctl show -p MainPID --value stethos)/status");
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(status).toMatch(/^CapBnd:\s+0+$/m);
      expect(status).toMatch(/^Seccomp:\s+2$/m);
      expect(await done("stat -c %U /proc/$(systemctl show -p MainPID --value stethos)")).toBe("stethos");
      expect(await done("stat -c '%U %G %a' /etc/stethos/agent.yaml")).toBe("root stethos 640");
    },
    LONG_MS,
  );

  it(
    "leaves what runs alone where it is there already",
    async () => {
      const pid = await show("MainPID");
      const { code, output } = await install("release");
      expect(output).toContain("is here already");
      expect(code).toBe(0);
      expect(await show("MainPID")).toBe(pid);
    },
    LONG_MS,
  );

  it(
    "comes back by itself after it was killed, and ends well where it is stopped",
    async () => {
      const pid = await show("MainPID");
      await done("systemctl kill --signal=KILL stethos");
      await until(async () => (await show("MainPID")) !== pid && (await show("ActiveState")) === "active");
      await done("systemctl stop stethos");
      expect(await show("Result")).toBe("success");
      await done("systemctl start stethos");
    },
    LONG_MS,
  );

  it(
    "upgrades, and keeps data, configuration and what the operator put beside the unit",
    async () => {
      await done("printf '[Service]\\nMemoryMax=3G\\n' > /etc/systemd/system/stethos.service.d/own.conf");
      await done("echo '# mine' >> /etc/stethos/agent.yaml");
      const kept = "sha256sum /etc/stethos/agent.yaml /var/lib/stethos/device.key";
      const before = await done(kept);
      const known = await readings();
      const { code, output } = await install("0.2.0", "--config /root/agent.yaml");
      expect(output).toContain("0.2.0-");
      expect(code).toBe(0);
      expect(await version()).toBe("0.2.0");
      expect(await done(kept)).toBe(before);
      expect(await readings()).toBeGreaterThanOrEqual(known);
      expect(await show("MemoryMax")).toBe(String(3 * 2 ** 30));
      expect(await done("basename $(readlink /opt/stethos/previous)")).toMatch(/^0\.1\.0-/);
    },
    LONG_MS,
  );

  it.each([
    ["does not start", "0.3.0", "no library"],
    ["is ready and dies", "0.4.0", "does not become healthy"],
  ])(
    "goes back to the old release where the new one %s",
    async (_, release, said) => {
      const known = await readings();
      const { code, output } = await install(release, "--soak 60");
      expect(output).toContain(said);
      expect(output).toContain("rolled back");
      expect(code).toBe(4);
      expect(await version()).toBe("0.2.0");
      expect(await show("ActiveState")).toBe("active");
      expect(await readings()).toBeGreaterThanOrEqual(known);
      expect(await done("ls /opt/stethos/releases")).not.toContain(release);
    },
    LONG_MS,
  );

  it(
    "refuses a release that is damaged, or that refuses the configuration, and touches nothing",
    async () => {
      const pid = await show("MainPID");
      await done("cp -r /bundles/release /root/damaged && echo more >> /root/damaged/edge-agent/README.md");
      await done("sed -i s/^id=/id=9/ /root/damaged/RELEASE");
      const damaged = await machine.run("/root/damaged/install.sh");
      expect(damaged.output).toContain("the release is damaged");
      expect(damaged.code).toBe(1);
      await done(
        "cp -p /etc/stethos/agent.yaml /root/good.yaml && echo 'nonsense: 1' >> /etc/stethos/agent.yaml",
      );
      const refused = await install("release");
      expect(refused.output).toContain("nonsense");
      expect(refused.code).toBe(3);
      await done("cp -p /root/good.yaml /etc/stethos/agent.yaml");
      expect(await version()).toBe("0.2.0");
      expect(await show("MainPID")).toBe(pid);
    },
    LONG_MS,
  );

  it(
    "goes back by hand to the release before",
    async () => {
      // The one before went with the roll-backs: it is installed again.
      expect((await install("release")).code).toBe(0);
      const { code } = await machine.run("/opt/stethos/current/install.sh --rollback --soak 1");
      expect(code).toBe(0);
      expect(await version()).toBe("0.2.0");
    },
    LONG_MS,
  );

  it(
    "lets a serial port in where it is asked to, and systemd understands what it wrote",
    async () => {
      await done("mknod /dev/ttyS0 c 4 64 2>/dev/null || test -c /dev/null");
      expect((await install("0.2.0", "--serial /dev/null --no-start")).code).toBe(0);
      expect(await show("DeviceAllow")).toContain("char-null rw");
      expect(await show("PrivateDevices")).toBe("no");
      expect(await done("systemd-analyze verify --man=no stethos.service")).toBe("");
    },
    LONG_MS,
  );

  it(
    "uninstalls and keeps the data; deletes it only where that is confirmed",
    async () => {
      await done("/opt/stethos/current/uninstall.sh");
      expect(await done("ls -d /opt/stethos /usr/local/bin/stethos 2>/dev/null || echo none")).toBe("none");
      expect((await machine.run("systemctl cat stethos")).code).not.toBe(0);
      await done("test -s /var/lib/stethos/history.db && test -s /etc/stethos/agent.yaml && id stethos");
      const again = "sh /bundles/release/uninstall.sh --purge";
      expect((await machine.run(`${again} </dev/null`)).code).toBe(1);
      await done("test -s /var/lib/stethos/history.db");
      await done(`echo purge | ${again}`);
      expect(await done("ls -d /var/lib/stethos /etc/stethos 2>/dev/null || echo none")).toBe("none");
      expect((await machine.run("id stethos")).code).not.toBe(0);
    },
    LONG_MS,
  );
});
