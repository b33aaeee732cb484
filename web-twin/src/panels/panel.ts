import type { Right } from "@stethos/edge-agent/core";
import type { Format } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import type { Translate } from "../i18n/translate.ts";
import type { UnitSystem } from "../i18n/units.ts";
import type { Settings } from "../platform.ts";
import type { NameOf } from "../state/asset-names.ts";
import type { PointStore } from "../state/points.ts";
import type { Changes, Store, View } from "../state/store.ts";
import type { Api } from "../stream/api.ts";
import type { Ask } from "../stream/ask.ts";
import type { Timers } from "../stream/timers.ts";
import type { Operator } from "./in-name-of.ts";

/** What panels are made of. */
export interface PanelDeps {
  readonly store: Store;
  readonly points: PointStore;
  readonly api: Api;
  /** For the parts of the API that only one panel needs: it makes its own client of it. */
  readonly ask: Ask;
  readonly timers: Timers;
  readonly t: Translate;
  readonly format: Format;
  readonly language: Language;
  /** The panels are made anew when it changes, as with the language. */
  readonly units: UnitSystem;
  /** IANA name of the plant's zone. */
  readonly timeZone: string;
  /** Kept on this screen: bookmarks, widths, choices. */
  readonly settings: Settings;
  readonly operator: Operator;
  /** What an asset is called, by its id. */
  readonly nameOf: NameOf;
  /** Whether who sits here may do it now; in a replay nobody may do more than look. */
  readonly may: (right: Right) => boolean;
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
