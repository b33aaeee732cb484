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
