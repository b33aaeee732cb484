import type { Priority } from "@stethos/edge-agent/core";

/** Hz, one after the other: the more urgent, the higher and the more of them; told apart by rhythm as well as pitch. */
const TONES: Readonly<Record<Priority, readonly number[]>> = {
  critical: [988, 784, 988],
  high: [784, 784],
  medium: [587],
  low: [440],
};
const TONE_S = 0.16;
const GAP_S = 0.08;
const LOUDNESS = 0.2;

/** Plays a priority's tones. @param open called with the first tone: browsers give no sound before a gesture */
export function createTonePlayer(open: () => AudioContext): (priority: Priority) => void {
  let context: AudioContext | undefined;
  return (priority) => {
    context ??= open();
    // Suspended after a pause of the machine or before the first gesture. A refusal is shown as any fault of the page is.
    if (context.state === "suspended") void context.resume();
    let at = context.currentTime;
    for (const hertz of TONES[priority]) {
      const oscillator = context.createOscillator();
      const volume = context.createGain();
      oscillator.frequency.value = hertz;
      // Soft edges: a hard one clicks.
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
      volume.gain.setValueAtTime(LOUDNESS, at + TONE_S - 0.03);
      volume.gain.linearRampToValueAtTime(0, at + TONE_S);
      oscillator.connect(volume).connect(context.destination);
      oscillator.start(at);
      oscillator.stop(at + TONE_S);
      at += TONE_S + GAP_S;
    }
  };
}
