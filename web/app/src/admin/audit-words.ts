/** What a line of the audit log says, in words: what happened, and the details beside it. */
import { AUDIT_KINDS, type AuditKind, type Budget } from "@madang/protocol";
import type { AuditRecord } from "../account/types.js";
import { count, shortTime } from "../i18n/format.js";
import type { Key, Language, Translate } from "../i18n/index.js";
import { limitsOf } from "../people/budget.js";

const isKind = (kind: string): kind is AuditKind => (AUDIT_KINDS as readonly string[]).includes(kind);

/** What happened; of a kind that this version doesn't know, the server's own word. */
export function kindWords({ kind, actor, target }: AuditRecord, t: Translate): string {
  if (kind === "member.removed" && actor === target) return t("audit.left");
  return isKind(kind) ? t(`audit.kind.${kind}`) : kind;
}

/** A detail: its name, and a value in words, or an id that may have a name. */
export interface Detail {
  key: string;
  label: string;
  words?: string;
  id?: string;
}

/** Words of the server that the app has words for. */
const SAID = {
  role: { owner: "role.owner", collaborator: "role.collaborator", viewer: "role.viewer" },
  scope: { read: "scope.read", write: "scope.write", full: "scope.full" },
  by: {
    "sign-up": "audit.by.sign_up",
    issuer: "audit.by.issuer",
    administrator: "audit.by.administrator",
    bootstrap: "audit.by.bootstrap",
  },
  rights: {
    prompt: "right.prompt.may",
    chat: "right.chat.may",
    stop: "right.stop.may",
    approve: "right.approve.may",
    invite: "right.invite.may",
  },
  fields: {
    display_name: "audit.field.display_name",
    color: "audit.field.color",
    language: "audit.field.language",
  },
} as const;

const LABELS = {
  role: "people.role",
  rights: "people.rights",
  scope: "audit.detail.scope",
  by: "audit.detail.by",
  fields: "audit.detail.fields",
  uses: "invite.link.uses",
  days: "audit.detail.days",
  expires_at: "audit.detail.expires_at",
  budget: "budget.title",
  admin: "audit.detail.admin",
  all: "audit.detail.all",
  kept: "audit.detail.kept",
  user: "audit.detail.user",
  invite: "audit.detail.invite",
  invite_id: "audit.detail.invite",
  issuer: "audit.detail.issuer",
  provider: "audit.detail.issuer",
  what: "audit.detail.what",
  times: "audit.detail.times",
  logins: "audit.detail.logins",
  tokens: "tokens.title",
  invites: "audit.detail.invites",
} as const;

/** The details that say something, each under its name. */
export function detailsOf({ details }: AuditRecord, language: Language, t: Translate): Detail[] {
  if (typeof details !== "object" || details === null) return [];
  return Object.entries(details)
    .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => {
      const label = Object.hasOwn(LABELS, key) ? t(LABELS[key as keyof typeof LABELS]) : key;
      return { key, label, ...sayValue(key, value, language, t) };
    });
}

/** What an id looks like: three letters of its kind, and the rest. */
const ID = /^[a-z]{3}_\w+$/;

type Said = Pick<Detail, "words" | "id">;

function sayValue(key: string, value: unknown, language: Language, t: Translate): Said {
  if (key === "budget" && isBudget(value)) {
    return { words: `${limitsOf(value, language, t).join(" · ")} ${t(`budget.each.${value.period}`)}` };
  }
  const said: object = Object.hasOwn(SAID, key) ? SAID[key as keyof typeof SAID] : {};
  const say = (word: unknown) => {
    const known = Object.entries(said).find(([server]) => server === word)?.[1] as Key | undefined;
    return known ? t(known) : String(word);
  };
  switch (typeof value) {
    case "number":
      return { words: sayNumber(key, value, language, t) };
    case "boolean":
      return { words: t(value ? "audit.yes" : "audit.no") };
    case "string":
      return ID.test(value) ? { id: value } : { words: say(value) };
    default:
      return { words: Array.isArray(value) ? value.map(say).join(", ") : JSON.stringify(value) };
  }
}

function sayNumber(key: string, value: number, language: Language, t: Translate): string {
  if (key.endsWith("_at")) return shortTime(value, language);
  if (key === "days") return t("tokens.days", { count: value });
  return key === "uses" ? t("invite.uses", { count: value }) : count(value, language);
}

const isBudget = (value: unknown): value is Budget =>
  typeof value === "object" && value !== null && "period" in value;
