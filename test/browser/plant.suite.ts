import { describe, expect, it } from "vitest";
import { type Desk, drawn, frames, titled } from "./desk.ts";
import { alarmOf, cast, change, machineId, score, sensorId } from "./scripted-plant.ts";

const [pump, spare, fan] = cast;

const button = (id: string): string => `button[data-machine="${id}"]`;

export function describePlant(desk: Desk): void {
  describe("the plant on the screen", () => {
    it("lists every machine with its health and every alarm with its state", async () => {
      const page = await desk.open();
      const health = await page
        .locator("button[data-machine]")
        .evaluateAll((all) => all.map((each) => each.getAttribute("data-health")));
      expect(health).toEqual(["alarm", "healthy", "warning", "healthy", "learning", "healthy"]);
      const alarms = await page
        .locator("[data-alarm]")
        .evaluateAll((all) =>
          all.map((each) => [each.getAttribute("data-machine"), each.getAttribute("data-state")]),
        );
      expect(alarms).toEqual([
        [machineId(pump), "unacknowledged-active"],
        [machineId(fan), "unacknowledged-active"],
      ]);
      expect(await page.locator(`${button(machineId(pump))} .unseen`).textContent()).toBe(
        "Feed pump P-101: Alarm, health 31 of 100",
      );
      expect(await page.textContent("[data-count=high] .unseen")).toBe("High: 1");
    });

    it("draws the machines in 3D with a label each, in colour where something is wrong", async () => {
      const page = await desk.open();
      await drawn(page);
      expect(await page.locator("[data-label]").count()).toBe(6);
      const picture = await page.locator(".scene").screenshot();
      const red = await page.evaluate(async (base64) => {
        const image = new Image();
        image.src = `data:image/png;base64,${base64}`;
        await image.decode();
        const canvas = document.createElement("canvas");
        canvas.width = image.width;
        canvas.height = image.height;
        const pen = canvas.getContext("2d");
        pen?.drawImage(image, 0, 0);
        const { data } = pen?.getImageData(0, 0, image.width, image.height) ?? { data: [] };
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
          if ((data[i] ?? 0) > 140 && (data[i + 1] ?? 0) < 100 && (data[i + 2] ?? 0) < 100) count += 1;
        }
        return count;
      }, picture.toString("base64"));
      expect(red).toBeGreaterThan(150);
    });

    it("looks at the worst machine first, with the reason and the evidence in words", async () => {
      const page = await desk.open();
      await titled(page, "Feed pump P-101");
      const detail = await page.textContent(".detail");
      expect(detail).toContain("Signs of damage on the outer ring of the bearing");
      expect(detail).toContain("Bearing frequency");
      expect(detail).toContain("58.25 °C");
      expect(detail).toContain("bad (BadTimeout)");
    });

    it("follows the feed: health, score and reading of a machine", async () => {
      const page = await desk.open();
      await drawn(page);
      const id = machineId(spare);
      await page.click(button(id));
      const ms = Date.now();
      desk.server.send(
        change(ms, {
          health: [
            { machine: id, time: new Date(ms).toISOString(), state: "sensor-fault", baselineProgress: 1 },
          ],
          scores: [{ ...score(spare, ms, 7), sensorState: "flat", state: "not-scored" }],
        }),
      );
      await page.waitForSelector(`${button(id)}[data-health="sensor-fault"]`);
      await page.waitForSelector(`[data-label="${id}"][data-health="sensor-fault"]`);
      expect(await page.textContent(".detail")).toContain("Sensor signal is flat: check cable and supply");
    });

    it("tells a new alarm to screen readers and counts it", async () => {
      const page = await desk.open();
      desk.server.send(
        change(Date.now(), {
          alarms: [
            { ...alarmOf(pump, Date.now()), id: "alarm-new", machine: machineId(spare), reason: "shaft" },
          ],
        }),
      );
      await page.waitForSelector('[data-alarm="alarm-new"]');
      await expect
        // One thing after the other is read out.
        .poll(() => page.textContent("#live"), { timeout: 15_000 })
        .toContain(
          "New Alarm: 10LAC02AP001 Feed pump P-102. Signs of a shaft that is out of balance, misaligned or loose",
        );
      expect(await page.textContent("[data-count=unacknowledged]")).toBe("To acknowledge: 3");
    });

    it("draws only when there is something new to see", async () => {
      const page = await desk.open();
      await drawn(page);
      // The live dot and the ages go on; a score that changes no health is no reason to draw the plant.
      await page.waitForFunction(() => document.querySelector("[data-points]") !== null);
      const before = await frames(page);
      for (let i = 0; i < 5; i += 1)
        desk.server.send(change(Date.now(), { scores: [score(pump, Date.now(), 20 + i)] }));
      await page.waitForFunction(
        () =>
          new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)))),
      );
      expect(await frames(page)).toBe(before);
      await page.click(button(machineId(spare)));
      await page.waitForFunction(
        (n) => Number(document.querySelector("canvas")?.dataset["frames"]) > n,
        before,
      );
    });

    it("chooses a machine by a click on its label or on its body", async () => {
      const page = await desk.open();
      await drawn(page);
      const label = page.locator(`[data-label="${machineId(fan)}"]`);
      const box = await label.boundingBox();
      if (box === null) throw new Error("the label is not on the screen");
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      await page.waitForSelector(`${button(machineId(fan))}[aria-pressed="true"]`);
      await titled(page, "Draught fan F-201");

      const spareBox = await page.locator(`[data-label="${machineId(spare)}"]`).boundingBox();
      if (spareBox === null) throw new Error("the label is not on the screen");
      await page.mouse.click(spareBox.x + spareBox.width / 2 - 14, spareBox.y - 22);
      await page.waitForSelector(`${button(machineId(spare))}[aria-pressed="true"]`);
    });

    it("turns and zooms with mouse, keys and buttons, without choosing a machine", async () => {
      const page = await desk.open({ reducedMotion: "reduce" });
      await drawn(page);
      const place = () =>
        page.locator(`[data-label="${machineId(fan)}"]`).evaluate((node) => node.style.transform);
      const isMoved = (from: string) =>
        page.waitForFunction(
          ([id, was]) => document.querySelector<HTMLElement>(`[data-label="${id}"]`)?.style.transform !== was,
          [machineId(fan), from] as const,
        );
      const home = await place();
      const scene = await page.locator(".scene").boundingBox();
      if (scene === null) throw new Error("there is no scene");
      await page.mouse.move(scene.x + 60, scene.y + scene.height - 30);
      await page.mouse.down();
      await page.mouse.move(scene.x + 160, scene.y + scene.height - 60, { steps: 4 });
      await page.mouse.up();
      await isMoved(home);
      await titled(page, "Feed pump P-101");

      await page.focus(".scene");
      for (const key of ["Home", "ArrowLeft", "ArrowUp", "+"]) {
        const before = await place();
        await page.keyboard.press(key);
        await isMoved(before);
      }
      await page.keyboard.press("a");
      for (const name of ["Closer", "Farther away", "Show the whole plant"]) {
        const before = await place();
        await page.click(`button[aria-label="${name}"]`);
        await isMoved(before);
      }
      // The whole plant, from where it is looked at now.
      const whole = await place();
      await page.click('button[aria-label="Closer"]');
      await isMoved(whole);
      await page.click('button[aria-label="Show the whole plant"]');
      await expect.poll(place).toBe(whole);
    });

    it("is reached by keyboard alone: machine, alarm and their details", async () => {
      const page = await desk.open();
      await page.focus(button(machineId(pump)));
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await titled(page, "Feed pump P-102");
      await page.focus(`[data-alarm="alarm-F-201"] .alarm-open`);
      await page.keyboard.press("Space");
      await titled(page, "Draught fan F-201");
    });

    it("shows the sensors of a machine that has several", async () => {
      const page = await desk.open();
      const second = { ...score(pump, Date.now(), 3), sensor: `${sensorId(pump)}-2`, anomaly: 0.11 };
      const first = (await import("./scripted-plant.ts")).snapshot(Date.now());
      if (first.kind !== "snapshot") throw new Error("not a snapshot");
      desk.server.send({
        ...first,
        machines: first.machines.map((machine) =>
          machine.id === machineId(pump)
            ? {
                ...machine,
                sensors: [...machine.sensors, { id: second.sensor, name: "Fan end" }],
                scores: [...machine.scores, second],
              }
            : machine,
        ),
      });
      await page.waitForSelector("[data-sensor]:not([hidden])");
      await page.selectOption("[data-sensor]", { label: "Fan end" });
      await page.waitForFunction(() => document.querySelector(".anomaly")?.textContent?.includes("0.11"));
    });
  });
}
