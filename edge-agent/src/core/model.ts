/** One version of a model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  /** sha256 of its manifest, hex: what tells it from every other. */
  readonly digest: string;
  /** Grows with each version: an older one is a downgrade. */
  readonly sequence: number;
}

/** Champion: acts. Challenger: on trial. */
export type Role = "challenger" | "champion";

export const modelTitle = (model: Pick<ModelVersion, "name" | "version">): string =>
  `${model.name} ${model.version}`;
