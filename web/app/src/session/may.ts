/** What one may do in a session (SE7): the server decides, and the app does not offer what it would refuse. */
import type { Right, Role } from "@madang/protocol";
import type { SessionView } from "./types.js";

export interface May {
  /** Ask Claude. */
  prompt: boolean;
  /** Speak to people. */
  chat: boolean;
  /** Stop a turn that somebody else asked for. */
  stopAny: boolean;
  /** Change and delete what one wrote. */
  changeOwn: boolean;
  /** Delete what others wrote; change what they have in line. */
  changeAny: boolean;
  /** Title, model, effort, the branch that is shown. */
  configure: boolean;
  react: boolean;
  invite: boolean;
  /** Roles, removals, the budget, closing and deleting. */
  govern: boolean;
}

export const NOTHING: May = {
  prompt: false,
  chat: false,
  stopAny: false,
  changeOwn: false,
  changeAny: false,
  configure: false,
  react: false,
  invite: false,
  govern: false,
};

/** What a role has without being granted it. */
export function mayInRole(role: Role, rights: readonly Right[]): May {
  const has = (right: Right) => rights.includes(right);
  const owner = role === "owner";
  const writes = role !== "viewer";
  const prompt = writes || has("prompt");
  const chat = writes || has("chat");
  return {
    prompt,
    chat,
    stopAny: owner || (writes && has("stop")),
    changeOwn: prompt || chat,
    changeAny: owner,
    configure: writes,
    react: true,
    invite: owner || (writes && has("invite")),
    govern: owner,
  };
}

export function mayOf(session: SessionView, me: string | undefined): May {
  const { summary, participants } = session;
  if (!summary || session.state === "removed" || session.state === "forbidden") return NOTHING;
  const own = participants.find((each) => each.user_id === me);
  const may = mayInRole(summary.role, own?.rights ?? []);
  // What is closed can be read, left, and opened again by its owner.
  return summary.status === "closed" ? { ...NOTHING, govern: may.govern } : may;
}

/** The rights that can be granted on top of a role. */
export const GRANTABLE: Readonly<Record<Role, readonly Right[]>> = {
  owner: [],
  collaborator: ["stop", "approve", "invite"],
  viewer: ["prompt", "chat"],
};
