import type { Participant, Right, Role } from "@madang/protocol";

/** What can be granted on top of each role (SE7); an owner has everything. */
const GRANTABLE: Readonly<Record<Role, readonly Right[]>> = {
  owner: [],
  collaborator: ["stop", "approve", "invite"],
  viewer: ["prompt", "chat"],
};

/** The rights that can be granted on top of a role. */
export function grantable(role: Role): readonly Right[] {
  return GRANTABLE[role];
}

/** Whether someone has a right, by role or by grant. The server decides; this is to show what it will say. */
export function may(person: Pick<Participant, "role" | "rights"> | undefined, right: Right): boolean {
  if (person === undefined) return false;
  if (person.role === "owner") return true;
  if (person.role === "collaborator" && (right === "prompt" || right === "chat")) return true;
  return person.rights?.includes(right) === true;
}
