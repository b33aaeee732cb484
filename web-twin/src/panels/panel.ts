import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import type { Changes, Store, View } from "../state/store.ts";
import type { Api } from "../stream/api.ts";
import type { Timers } from "../stream/timers.ts";
import type { Operator } from "./in-name-of.ts";

/** What panels are made of. */
export interface PanelDeps {
  readonly store: Store;
  readonly api: Api;
  readonly timers: Timers;
  readonly t: Translate;
  readonly format: Format;
  readonly operator: Operator;
  /** ms since 1970 by the agent's clock. */
  readonly now: () => number;
  /** Told of every failed request, so that a missing login is asked for wherever it shows. */
  readonly failed: (error: unknown) => void;
}

/** A part of the screen. */
export interface Panel {
  readonly element: HTMLElement;
  show(view: View, changes: Changes): void;
  /** Once a second: ages and clocks. */
  tick(): void;
  dispose(): void;
}
