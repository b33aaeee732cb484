import type { Format } from "../i18n/format.ts";
import type { Translate } from "../i18n/translate.ts";
import { convert } from "../i18n/units.ts";
import type { PointStore, PointsView } from "../state/points.ts";
import type { TableColumn } from "../state/table-model.ts";
import { pointStateText } from "./point-look.ts";

export interface CellDeps {
  readonly points: Pick<PointStore, "valueOf">;
  readonly names: readonly string[];
  readonly changedMs: (point: number) => number | undefined;
  readonly nowMs: () => number;
  readonly t: Translate;
  readonly format: Format;
}

/** A row as the table shows it. */
export interface RowCells {
  readonly asset: string;
  /** Tag of the point; absent of an asset's row. */
  readonly tag?: string;
  readonly state: number;
  readonly text: Readonly<Record<TableColumn, string>>;
}

function pointName({ layout }: PointsView, point: number): { readonly asset: number; readonly name: string } {
  const asset = layout.assetOf[point] ?? 0;
  const { assets, templates } = layout.layout;
  const template = templates.find(({ id }) => id === assets[asset]?.template);
  return { asset, name: template?.points[point - (layout.firstPoint[asset] ?? 0)]?.name ?? "" };
}

export function pointCells(view: PointsView, point: number, deps: CellDeps): RowCells {
  const { t, format } = deps;
  const { asset, name } = pointName(view, point);
  const { assets, kinds } = view.layout.layout;
  const unit = kinds[view.layout.kindOf[point] ?? 0]?.unit ?? "1";
  const value = deps.points.valueOf(point);
  const changed = deps.changedMs(point);
  const state = view.state[point] ?? 0;
  const id = assets[asset]?.id ?? "";
  return {
    asset: id,
    tag: `${id}/${name}`,
    state,
    text: {
      state: pointStateText(state, t),
      asset: deps.names[asset] ?? id,
      code: assets[asset]?.code ?? "",
      point: name,
      value:
        value === undefined ? t("table.noValue") : format.number(convert(value, format.conversion(unit))),
      unit: format.symbol(unit),
      age: changed === undefined ? "" : format.ago(deps.nowMs() - changed),
    },
  };
}

/** Of an asset: how many points it has stands for their values, its area for the unit. */
export function assetCells(view: PointsView, asset: number, deps: CellDeps): RowCells {
  const { t, format } = deps;
  const { layout } = view;
  const one = layout.layout.assets[asset];
  const state = view.rollUp[asset] ?? 0;
  const count = (layout.firstPoint[asset + 1] ?? 0) - (layout.firstPoint[asset] ?? 0);
  return {
    asset: one?.id ?? "",
    state,
    text: {
      state: pointStateText(state, t),
      asset: deps.names[asset] ?? "",
      code: one?.code ?? "",
      point: "",
      value: format.whole(count),
      unit: layout.layout.areas[layout.areaOf[asset] ?? 0]?.name ?? "",
      age: "",
    },
  };
}
