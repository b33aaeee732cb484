/** Who acts at this screen, remembered on it. */
export interface Operator {
  name(): string;
  rename(name: string): void;
}

export type Done<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "nameless" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Asks the agent for something in the operator's name; for nobody it is not asked. */
export async function inNameOf<T>(
  operator: Operator,
  failed: (error: unknown) => void,
  work: (by: string) => Promise<T>,
): Promise<Done<T>> {
  const by = operator.name().trim();
  if (by === "") return { kind: "nameless" };
  try {
    return { kind: "done", value: await work(by) };
  } catch (error) {
    failed(error);
    return { kind: "failed", error };
  }
}
