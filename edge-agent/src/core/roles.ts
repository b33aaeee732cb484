/** Who may do what, in one table: the API enforces it, the page shows only what is allowed. */
export const ROLES = ["viewer", "operator", "engineer"] as const;
export type Role = (typeof ROLES)[number];

/** The least role for each thing that can be done. */
const LEAST_ROLE = {
  look: "viewer",
  acknowledge: "operator",
  shelve: "operator",
  label: "operator",
  "work-order": "operator",
  "out-of-service": "engineer",
  relearn: "engineer",
  identify: "engineer",
  trial: "engineer",
} as const satisfies Record<string, Role>;

export type Right = keyof typeof LEAST_ROLE;
export const RIGHTS = Object.keys(LEAST_ROLE) as readonly Right[];

export const leastRole = (right: Right): Role => LEAST_ROLE[right];
export const mayDo = (role: Role, right: Right): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(LEAST_ROLE[right]);

/** Who asks, and what that role may do. */
export interface SessionDto {
  readonly role: Role;
  /** Whose token it is, where it is one person's: commands are signed so, whatever they say. */
  readonly name?: string | undefined;
  /** False where the agent asks for no token: then there is nothing to log out of. */
  readonly isProtected: boolean;
  readonly rights: readonly Right[];
}
