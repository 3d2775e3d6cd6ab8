/** What of a session is worth a notification, out of its newest messages. */
import type { Message } from "@madang/protocol";

export type News = { kind: "mention" | "replied" | "failed"; message: Message };

/**
 * The newest of what concerns `me` and came after `since`, by the server's clock: a message that names me, or the end of
 * a reply that I asked for. Nothing for a reply that somebody stopped: who did looks at it.
 */
export function newsOf(messages: readonly Message[], me: string, since: number): News | undefined {
  const byId = new Map(messages.map((message) => [message.message_id, message]));
  return messages.reduceRight<News | undefined>((found, message) => {
    if (found || message.author.user_id === me || message.deleted_at !== undefined) return found;
    const { reply, created_at } = message;
    if (created_at > since && message.mentions?.includes(me)) return { kind: "mention", message };
    if (!reply || (reply.ended_at ?? 0) <= since) return undefined;
    const prompt = message.parent_id ? byId.get(message.parent_id) : undefined;
    if (prompt?.author.user_id !== me) return undefined;
    if (reply.status === "complete") return { kind: "replied", message };
    return reply.status === "cancelled" ? undefined : { kind: "failed", message };
  }, undefined);
}
