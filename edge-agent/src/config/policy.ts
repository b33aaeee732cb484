import { z } from "zod";

/** A policy of which any part may be set; the rest is as its own file says. */
export const policy = <S extends z.ZodRawShape, P extends object>(shape: S, defaults: P) =>
  z
    .strictObject(shape)
    .partial()
    .transform((given): P => ({ ...defaults, ...given }));
