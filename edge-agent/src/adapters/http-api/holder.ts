import type { Role } from "../../core/roles.ts";

/** Whose token it is. */
export interface Holder {
  readonly role: Role;
  /** The person, or the system, that alone has this token; absent where several share it. */
  readonly name?: string;
}
