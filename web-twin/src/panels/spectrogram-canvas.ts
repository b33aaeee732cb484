import type { SpectrogramDto } from "@stethos/edge-agent/core";
import { element, setAttribute } from "../dom/element.ts";
import { inferno } from "./colour-map.ts";
import { type Range, spectrogramPixels } from "./spectrogram-image.ts";
import { ticks } from "./ticks.ts";

const FONT = "11px system-ui, sans-serif";
const EDGE = { left: 60, right: 46, top: 8, bottom: 30 } as const;
const BAR = { gap: 8, width: 8 } as const;

interface SpectrogramWords {
  readonly label: string;
  readonly time: string;
  readonly frequency: string;
  readonly number: (value: number) => string;
}

export interface SpectrogramCanvas {
  readonly element: HTMLCanvasElement;
  draw(picture: SpectrogramDto, range: Range, words: SpectrogramWords): void;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function imageOf(picture: SpectrogramDto, range: Range): HTMLCanvasElement {
  const small = element("canvas");
  small.width = picture.columns;
  small.height = picture.rows;
  const pixels = spectrogramPixels(picture, range);
  small.getContext("2d")?.putImageData(new ImageData(pixels, picture.columns, picture.rows), 0, 0);
  return small;
}

function drawAxes(
  pen: CanvasRenderingContext2D,
  box: Box,
  picture: SpectrogramDto,
  words: SpectrogramWords,
): void {
  const bottom = box.top + box.height;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const hz of ticks(picture.maxHz, box.height / 26)) {
    const y = bottom - (hz / picture.maxHz) * box.height;
    pen.fillRect(box.left - 4, Math.round(y), 4, 1);
    pen.fillText(words.number(hz), box.left - 6, y);
  }
  pen.save();
  pen.translate(9, box.top + box.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(words.frequency, 0, 0);
  pen.restore();
  pen.textBaseline = "top";
  pen.textAlign = "center";
  for (const second of ticks(picture.seconds, box.width / 60)) {
    const x = box.left + (second / picture.seconds) * box.width;
    pen.fillRect(Math.round(x), bottom, 1, 4);
    pen.fillText(words.number(second), x, bottom + 6);
  }
  pen.textBaseline = "bottom";
  pen.fillText(words.time, box.left + box.width / 2, bottom + EDGE.bottom);
}

function drawBar(
  pen: CanvasRenderingContext2D,
  box: Box,
  range: Range,
  words: SpectrogramWords,
  ink: string,
): void {
  const left = box.left + box.width + BAR.gap;
  for (let y = 0; y < box.height; y += 1) {
    pen.fillStyle = `rgb(${inferno(1 - y / box.height).join(" ")})`;
    pen.fillRect(left, box.top + y, BAR.width, 1);
  }
  pen.fillStyle = ink;
  pen.textAlign = "left";
  pen.textBaseline = "top";
  pen.fillText(words.number(Math.round(range.high)), left + BAR.width + 4, box.top);
  pen.textBaseline = "bottom";
  pen.fillText(words.number(Math.round(range.low)), left + BAR.width + 4, box.top + box.height);
  pen.textBaseline = "middle";
  pen.fillText("dB", left + BAR.width + 4, box.top + box.height / 2);
}

/** A spectrogram with its axes in Hz and s and its scale in dB. */
export function createSpectrogramCanvas(): SpectrogramCanvas {
  const canvas = element("canvas", { class: "spectrogram", role: "img" });
  return {
    element: canvas,
    draw(picture, range, words) {
      setAttribute(canvas, "aria-label", words.label);
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      const pen = canvas.getContext("2d");
      if (pen === null || width === 0 || height === 0) return;
      const ratio = Math.min(devicePixelRatio, 2);
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      pen.scale(ratio, ratio);
      pen.font = FONT;
      const ink = getComputedStyle(canvas).color;
      pen.fillStyle = ink;
      const box = {
        left: EDGE.left,
        top: EDGE.top,
        width: width - EDGE.left - EDGE.right,
        height: height - EDGE.top - EDGE.bottom,
      };
      drawAxes(pen, box, picture, words);
      // Each bin is a measurement: blurring would invent values between them.
      pen.imageSmoothingEnabled = false;
      pen.drawImage(imageOf(picture, range), box.left, box.top, box.width, box.height);
      drawBar(pen, box, range, words, ink);
    },
  };
}
