import type { Ack, Effort } from "@madang/protocol";
import type { StoreHost } from "./host.js";
import type { PendingMessage } from "./state.js";

/** What may go with a prompt. */
export interface AskOptions {
  /** The message it answers. */
  readonly replyTo?: string | undefined;
  /** The interrupted reply that Claude should go on with. */
  readonly continues?: string | undefined;
  /** The people it names (their ids), beside those that its text names as `@display name`. */
  readonly mentions?: readonly string[] | undefined;
}

/** What one can do in a session. Each promise settles when the server has answered; while offline it waits. */
export abstract class SessionCommands {
  readonly sessionId: string;
  protected readonly host: StoreHost;

  constructor(sessionId: string, host: StoreHost) {
    this.sessionId = sessionId;
    this.host = host;
  }

  /** Sends a message and shows it as pending until the transcript has it. */
  protected abstract post(message: PendingMessage): Promise<Ack>;
  /** The reply that is being written. */
  protected abstract runningReply(): string | undefined;

  /** Asks Claude. The prompt is shown at once, as pending. */
  askClaude(content: string, options: AskOptions = {}): Promise<Ack> {
    return this.post(this.#pendingOf("prompt", content, options));
  }

  /** Speaks to people. Shown at once, as pending. */
  chat(content: string, options: Omit<AskOptions, "continues"> = {}): Promise<Ack> {
    return this.post(this.#pendingOf("chat", content, options));
  }

  /** Changes a message of one's own between people; makes no branch. */
  editMessage(messageId: string, content: string): Promise<Ack> {
    return this.host.send("edit_message", { session_id: this.sessionId, message_id: messageId, content });
  }

  /** Deletes a message: a tombstone is left. */
  deleteMessage(messageId: string): Promise<Ack> {
    return this.host.send("delete_message", { session_id: this.sessionId, message_id: messageId });
  }

  /** Stops a reply, or takes a waiting prompt back; without an id, the running reply. */
  cancel(messageId: string | undefined = this.runningReply()): Promise<Ack> {
    const message = messageId === undefined ? {} : { message_id: messageId };
    return this.host.send("cancel", { session_id: this.sessionId, ...message });
  }

  /** Changes a prompt that still waits. */
  editQueued(messageId: string, content: string): Promise<Ack> {
    return this.host.send("edit_queued", { session_id: this.sessionId, message_id: messageId, content });
  }

  /** Asks the same again, as a sibling of the reply. */
  regenerate(messageId: string): Promise<Ack> {
    return this.host.send("regenerate", { session_id: this.sessionId, message_id: messageId });
  }

  /** Asks something else instead, as a sibling of the prompt. */
  editPrompt(messageId: string, content: string): Promise<Ack> {
    return this.host.send("edit_prompt", { session_id: this.sessionId, message_id: messageId, content });
  }

  /** Shows everyone the branch that the message is on. */
  selectBranch(messageId: string): Promise<Ack> {
    return this.host.send("select_branch", { session_id: this.sessionId, message_id: messageId });
  }

  /** Makes a new session from the branch up to a message; gives its id. */
  async fork(messageId: string): Promise<string> {
    const ack = await this.host.send("fork_session", { session_id: this.sessionId, message_id: messageId });
    return ack.session_id ?? "";
  }

  /** Gives the session another title. */
  rename(title: string): Promise<Ack> {
    return this.host.send("rename_session", { session_id: this.sessionId, title });
  }

  /** Chooses who answers from the next prompt on; what is left out stays. */
  configure(choice: { readonly model?: string; readonly effort?: Effort }): Promise<Ack> {
    return this.host.send("configure_session", { session_id: this.sessionId, ...choice });
  }

  /** Makes the session read-only. */
  close(): Promise<Ack> {
    return this.host.send("close_session", { session_id: this.sessionId });
  }

  /** Makes it writable again. */
  reopen(): Promise<Ack> {
    return this.host.send("reopen_session", { session_id: this.sessionId });
  }

  /** Deletes the session, for everyone. */
  remove(): Promise<Ack> {
    return this.host.send("delete_session", { session_id: this.sessionId });
  }

  /** The command that says a message. */
  protected sendMessage(message: PendingMessage): Promise<Ack> {
    const { id, kind, content, replyTo, continues, mentions } = message;
    const said = {
      session_id: this.sessionId,
      content,
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(mentions === undefined ? {} : { mentions: [...mentions] }),
    };
    if (kind === "chat") return this.host.send("chat_message", said, { id });
    const more = continues === undefined ? {} : { continues };
    return this.host.send("claude_message", { ...said, ...more, stream: true }, { id });
  }

  #pendingOf(kind: PendingMessage["kind"], content: string, options: AskOptions): PendingMessage {
    const createdAt = this.host.clock.now();
    return { ...options, id: this.host.newId(), kind, content, createdAt, state: "sending" };
  }
}
