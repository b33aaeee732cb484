import { columns as lines } from "@stethos/protocol-finger/terminal";

/** A table in columns as wide as their widest cell, its last line ended. */
export const columns = (rows: readonly (readonly string[])[]): string => `${lines(rows)}\n`;
