/** How much of the picture is drawn anew. */
export type Level = "changed" | "everything" | "none" | "points";
export const LEVELS: readonly Level[] = ["none", "changed", "points", "everything"];
