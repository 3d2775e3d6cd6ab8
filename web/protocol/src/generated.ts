// Generated from crates/madang-protocol by `cargo xtask codegen`. Do not edit.

export type Ack = { 
/**
 * The position of the command's first event.
 */
seq?: number, 
/**
 * The session concerned or made.
 */
session_id?: string, 
/**
 * The message made.
 */
message_id?: string, 
/**
 * The turn asked for.
 */
turn_id?: string, 
/**
 * The document concerned or made.
 */
document?: number, 
/**
 * The version of it that the command made, or kept.
 */
version?: number, };
export type AnyPosition = EditorPosition | LinePosition;
export type AnySelection = Selection | EditorRange;
export type AuditKind = "login.ok" | "login.failed" | "login.ended" | "account.created" | "account.changed" | "account.password" | "password.refused" | "account.admin" | "account.disabled" | "account.enabled" | "account.linked" | "account.unlinked" | "token.created" | "token.ended" | "invite.created" | "invite.revoked" | "invite.used" | "user.invited" | "invitation.withdrawn" | "member.added" | "member.removed" | "role.changed" | "session.deleted" | "budget.changed" | "budget.set" | "refused" | "tidied";
export type Auth = { 
/**
 * The credential.
 */
token: string, 
/**
 * What kind; only `bearer` is known.
 */
token_type?: string, };
export type Author = { 
/**
 * A user id, or `claude`.
 */
user_id: string, 
/**
 * The name shown.
 */
display_name: string, };
export type Blame = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Its version.
 */
version: number, 
/**
 * From the first unit of its text to the last.
 */
ranges: Array<BlamedRange>, };
export type BlamedRange = { 
/**
 * Its length in units; ranges follow one on the other.
 */
units: number, 
/**
 * Who wrote it.
 */
user_id: string, 
/**
 * In which turn, for Claude.
 */
turn_id?: string, };
export type Budget = { 
/**
 * Tokens, read and written together.
 */
tokens?: number, 
/**
 * Millionths of a US dollar.
 */
micro_usd?: number, 
/**
 * Over which time.
 */
period: Period, };
export type BudgetChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The budget; null when there is none any more.
 */
budget: Budget | null, 
/**
 * Who did it.
 */
by: Author, };
export type Cancel = { 
/**
 * The session; may be left out where the message is known.
 */
session_id: string, 
/**
 * The reply, or its prompt, or a waiting prompt.
 */
message_id?: string, 
/**
 * The id of the command that asked.
 */
command_id?: string, };
export type ChatMessage = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The text.
 */
content: string, 
/**
 * The message this one answers.
 */
reply_to?: string, 
/**
 * The participants it names, beside those that the text names as `@display name`.
 */
mentions?: Array<string>, };
export type ClaudeMessage = { 
/**
 * The session; on version 1, absent means the default one.
 */
session_id: string, 
/**
 * The prompt.
 */
content: string, 
/**
 * Whether this connection wants deltas; without, the final alone (version 1).
 */
stream?: boolean, 
/**
 * The message this one answers.
 */
reply_to?: string, 
/**
 * The interrupted reply that Claude should go on with (RS5).
 */
continues?: string, 
/**
 * The participants it names, beside those that the text names as `@display name`.
 */
mentions?: Array<string>, };
export type ClaudeResponse = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The reply.
 */
message_id: string, 
/**
 * A delta's new text; a snapshot's and the final's full text.
 */
content: string, 
/**
 * True for a delta or snapshot.
 */
stream: boolean, 
/**
 * True for the final alone.
 */
completed: boolean, 
/**
 * The delta's number; of merged deltas the last one's; a client drops what is not beyond the last it has.
 */
n?: number, 
/**
 * The part a delta belongs to (version 2).
 */
part?: number, 
/**
 * What that part is (version 2).
 */
kind?: PartKind, 
/**
 * The tool's name, on the first delta of a tool part (version 2).
 */
name?: string, 
/**
 * The parts: of a snapshot so far, of the final whole (version 2).
 */
parts?: Array<Part>, 
/**
 * How it ended.
 */
status?: ReplyStatus, 
/**
 * Tokens.
 */
usage?: Usage, 
/**
 * Money.
 */
cost?: Cost, 
/**
 * The model that answered, in the upstream's words.
 */
model?: string, 
/**
 * The upstream's own word for why it ended.
 */
stop_reason?: string, 
/**
 * True when the simulated model answered.
 */
simulated?: boolean, 
/**
 * Who stopped it.
 */
stopped_by?: Author, 
/**
 * Why it failed.
 */
error?: ReplyError, 
/**
 * When it ended.
 */
ended_at?: UnixMs, };
export type ClientInfo = { 
/**
 * Its name.
 */
name: string, 
/**
 * Its version.
 */
version: string, };
export type CodeChange = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * The version that `change` changes.
 */
base_version?: number, 
/**
 * The client's name for this change: sent again, it is not applied again.
 */
op_id?: string, 
/**
 * What is changed, as CodeMirror's ChangeSet (DO2).
 */
change?: (number | [number, ...string[]])[], 
/**
 * Where the author is after it, in the text that it makes of the base.
 */
selection?: Selection, 
/**
 * Version 1: replaced ranges, all of the text before.
 */
changes?: Array<EditorChange>, 
/**
 * Version 1: the document's name; it is made if there is none.
 */
file_path?: string, 
/**
 * Version 1: the version that `changes` change; else the one that the connection was last sent.
 */
version?: number, };
export type CodeChanged = { 
/**
 * The document.
 */
document: number, 
/**
 * The version that it makes: the one before is the one that it changes.
 */
version: number, 
/**
 * Who changed it.
 */
user_id: string, 
/**
 * In which turn, for Claude.
 */
turn_id?: string, 
/**
 * Its author's name for it.
 */
op_id?: string, 
/**
 * What it changes (DO2).
 */
change: (number | [number, ...string[]])[], };
export type ConfigureSession = { 
/**
 * The session.
 */
session_id: string, 
/**
 * A model's id.
 */
model?: string, 
/**
 * The effort.
 */
effort?: Effort, };
export type Connected = { 
/**
 * This socket.
 */
connection_id: string, 
/**
 * The person.
 */
user_id: string, 
/**
 * The name others see.
 */
display_name: string, 
/**
 * Whether the person is a guest.
 */
guest: boolean, 
/**
 * Whether the person administers the server.
 */
admin: boolean, 
/**
 * Their colour.
 */
color: string, 
/**
 * The language they chose (`en`, `ko`); absent while they have not.
 */
language?: string, 
/**
 * The session a version-1 connection is in.
 */
session_id?: string, 
/**
 * `claude-websocket-v1` or `madang.v2.json`.
 */
protocol: string, 
/**
 * The server's version.
 */
server_version: string, 
/**
 * What this server offers beyond the base.
 */
capabilities: Array<string>, 
/**
 * Milliseconds of silence after which the server pings.
 */
heartbeat_ms: number, 
/**
 * The limits.
 */
limits: Limits, 
/**
 * True when the simulated model answers.
 */
simulated: boolean, };
export type Cost = { 
/**
 * Millionths of a US dollar.
 */
micro_usd: number, 
/**
 * Version of the price table.
 */
price_table: string, };
export type CreateDocument = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Its name; another document's is CONFLICT.
 */
name: string, 
/**
 * What it says at first.
 */
text?: string, };
export type CreateInvite = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The role it gives.
 */
role: Role, 
/**
 * Milliseconds that it holds; 7 days when absent.
 */
expires_in_ms?: number, 
/**
 * How often it can be used; once when absent.
 */
uses?: number, };
export type CreateSession = { 
/**
 * Empty until named.
 */
title?: string, 
/**
 * A model's id; the server's default otherwise.
 */
model?: string, 
/**
 * The effort; the model's default otherwise.
 */
effort?: Effort, };
export type CursorMoved = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Who.
 */
user_id: string, 
/**
 * Where, from 1.
 */
position: EditorPosition, 
/**
 * The same in units, with what is selected.
 */
selection: Selection, 
/**
 * The version in which that is so.
 */
version: number, 
/**
 * Their colour, as CSS.
 */
color: string, };
export type CursorRemoved = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Who.
 */
user_id: string, };
export type CursorUpdate = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * Where, in lines and columns.
 */
position?: AnyPosition, 
/**
 * What is selected; the cursor is at its head.
 */
selection?: AnySelection, 
/**
 * The version in which that is said; else the one that the connection was last sent.
 */
version?: number, };
export type Disconnected = { 
/**
 * The close code that follows.
 */
code: number, 
/**
 * A sentence.
 */
reason: string, 
/**
 * When to come back, in milliseconds; absent where the code's range says it all.
 */
reconnect_after_ms?: number, };
export type DocumentClosed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, };
export type DocumentCreated = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
created: DocumentSummary, };
export type DocumentCursor = { 
/**
 * Who.
 */
user_id: string, 
/**
 * Where, in the text that it comes with, from 1.
 */
position: EditorPosition, 
/**
 * The same in units, with what is selected.
 */
selection: Selection, 
/**
 * Their colour, as CSS.
 */
color: string, };
export type DocumentDeleted = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Who did it.
 */
by: Author, };
export type DocumentOnly = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, };
export type DocumentRenamed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Its name from now on.
 */
name: string, 
/**
 * Who did it.
 */
by: Author, };
export type DocumentResumed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The version that the client has.
 */
from: number, 
/**
 * The version that it has after `changes`.
 */
version: number, 
/**
 * What came in between, oldest first: to be taken one by one (never composed).
 */
changes: Array<CodeChanged>, 
/**
 * Where everyone is in it.
 */
cursors: Array<DocumentCursor>, };
export type DocumentState = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The log's identity.
 */
epoch: string, 
/**
 * The version.
 */
version: number, 
/**
 * Its text.
 */
text: string, 
/**
 * Where everyone is in it.
 */
cursors: Array<DocumentCursor>, };
export type DocumentSummary = { 
/**
 * Which.
 */
document: number, 
/**
 * Its name, by which its language is known.
 */
name: string, 
/**
 * Who made it; the server, for the one that every session has.
 */
by: Author, 
/**
 * When.
 */
created_at: UnixMs, };
export type DocumentVersion = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * The version.
 */
version: number, 
/**
 * Its text then.
 */
text: string, };
export type EditMessage = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * Its text from now on.
 */
content: string, };
export type EditPrompt = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The prompt.
 */
message_id: string, 
/**
 * The new text.
 */
content: string, };
export type EditQueued = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The waiting prompt.
 */
message_id: string, 
/**
 * Its new text.
 */
content: string, };
export type EditorChange = { 
/**
 * Which.
 */
range: EditorRange, 
/**
 * What takes its place.
 */
text: string, 
/**
 * Its units before.
 */
rangeLength?: number, 
/**
 * Where what came in ends, in the text after this change; only the server says it.
 */
position?: EditorPosition, };
export type EditorPosition = { 
/**
 * The line.
 */
line: number, 
/**
 * The column.
 */
column: number, };
export type EditorRange = { 
/**
 * The first line.
 */
startLineNumber: number, 
/**
 * The column in it.
 */
startColumn: number, 
/**
 * The last line.
 */
endLineNumber: number, 
/**
 * The column in it.
 */
endColumn: number, } | { 
/**
 * The beginning.
 */
start: LinePosition, 
/**
 * The end.
 */
end: LinePosition, };
export type Effort = "low" | "medium" | "high" | "xhigh" | "max";
export type ErrorCode = "INVALID_AUTH" | "TOKEN_EXPIRED" | "FORBIDDEN" | "INVALID_SESSION" | "NOT_FOUND" | "INVALID_JSON" | "UNKNOWN_TYPE" | "INVALID_DATA" | "CONFLICT" | "STALE_BASE" | "SESSION_FULL" | "FILE_TOO_LARGE" | "UNSUPPORTED_FORMAT" | "CHECKSUM_MISMATCH" | "QUOTA_EXCEEDED" | "BUDGET_EXCEEDED" | "RATE_LIMITED" | "QUEUE_FULL" | "MODEL_OVERLOADED" | "MODEL_RATE_LIMITED" | "MODEL_REFUSED" | "MODEL_UNAVAILABLE" | "SERVICE_UNAVAILABLE" | "INTERNAL_ERROR";
export type ErrorData = { 
/**
 * The code.
 */
code: ErrorCode, 
/**
 * A sentence.
 */
message: string, 
/**
 * Which field, which limit: for developers.
 */
details?: string, 
/**
 * Milliseconds to wait before trying again.
 */
retry_after?: number, 
/**
 * Whether the same thing can succeed later.
 */
recoverable: boolean, };
export type FollowSession = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Where the client stands in it.
 */
resume?: ResumePoint, };
export type GetHistory = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The page that ends just before this message; the newest page otherwise.
 */
before?: string, 
/**
 * At most this many.
 */
limit?: number, 
/**
 * True for the messages of all branches in the order in which they were made, instead of the shown one's.
 */
all?: boolean, };
export type HeadChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The last entry of the branch.
 */
head: string, 
/**
 * Who.
 */
by: Author, };
export type Hello = { 
/**
 * The client program.
 */
client: ClientInfo, 
/**
 * What to resume.
 */
resume?: ResumeRequest, };
export type History = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Oldest first.
 */
messages: Array<Message>, 
/**
 * Whether there are older ones.
 */
has_more: boolean, 
/**
 * As in `session_state`.
 */
branches: { [key in string]: Array<string> }, };
export type Invitation = { 
/**
 * The person.
 */
user_id: string, 
/**
 * Their name, as it was then.
 */
display_name: string, 
/**
 * The role they will have.
 */
role: Role, 
/**
 * Who asked them in.
 */
by: Author, 
/**
 * When.
 */
at: UnixMs, };
export type InvitationWithdrawn = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who.
 */
user_id: string, 
/**
 * Who did it.
 */
by: Author, };
export type Invite = { 
/**
 * Its id.
 */
invite_id: string, 
/**
 * The role it gives.
 */
role: Role, 
/**
 * Who made it.
 */
by: string, 
/**
 * When.
 */
created_at: UnixMs, 
/**
 * Until when.
 */
expires_at: UnixMs, 
/**
 * How often it can still be used.
 */
uses_left: number, };
export type InviteCreated = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The link.
 */
invite: Invite, 
/**
 * What lets people in; taken in place of a `session_id`.
 */
code: string, };
export type InviteUser = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The person, as in `remove_user`.
 */
target_user_id: string, 
/**
 * The role they will have.
 */
role: Role, };
export type Invited = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Its title.
 */
title: string, 
/**
 * The role they will have.
 */
role: Role, 
/**
 * Who.
 */
by: Author, };
export type Invites = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Newest first.
 */
invites: Array<Invite>, };
export type Limits = { 
/**
 * Bytes of one message that the client sends.
 */
message_bytes: number, 
/**
 * Bytes of one `file_upload` or `code_change` of a version-1 client.
 */
large_message_bytes: number, 
/**
 * Bytes of a prompt or chat message.
 */
content_bytes: number, 
/**
 * Characters of a title.
 */
title_chars: number, 
/**
 * Prompts that wait in one session.
 */
queued_turns: number, 
/**
 * Messages in one page of history.
 */
history_page: number, 
/**
 * Sessions followed at once by one connection.
 */
followed_sessions: number, 
/**
 * Bytes of a document's text.
 */
document_bytes: number, 
/**
 * Sections of one change of a document.
 */
change_sections: number, 
/**
 * Bytes of a change's `op_id`.
 */
op_id_bytes: number, 
/**
 * Documents of one session.
 */
documents: number, 
/**
 * Characters of a document's name, or of a version's.
 */
document_name_chars: number, 
/**
 * Documents that one connection has open in one session.
 */
open_documents: number, };
export type LinePosition = { 
/**
 * The line.
 */
line: number, 
/**
 * UTF-16 code units from its beginning.
 */
character: number, };
export type ListSessions = { 
/**
 * Only titles that contain this, whatever the case.
 */
query?: string, 
/**
 * Continue after this page's `next`.
 */
cursor?: string, 
/**
 * At most this many.
 */
limit?: number, };
export type MemberAdded = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who.
 */
participant: Participant, 
/**
 * Who let them in: the inviter, or themselves by a link.
 */
by: Author, 
/**
 * The link they came by.
 */
invite_id?: string, };
export type MemberChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * As they are from now on.
 */
participant: Participant, };
export type MemberRemoved = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who.
 */
user_id: string, 
/**
 * Who did it.
 */
by: Author, };
export type Message = { 
/**
 * Its id.
 */
message_id: string, 
/**
 * The entry before it on its branch; none for the first.
 */
parent_id: string | null, 
/**
 * What it is.
 */
kind: MessageKind, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * The whole text; of a reply, its text parts joined.
 */
content: string, 
/**
 * When it was written (a reply: begun).
 */
created_at: UnixMs, 
/**
 * The turn that a prompt asked for, or that a reply belongs to.
 */
turn_id?: string, 
/**
 * The message this one answers, when a person said so.
 */
reply_to?: string, 
/**
 * The interrupted reply that this prompt continues.
 */
continues?: string, 
/**
 * What only a reply has.
 */
reply?: Reply, 
/**
 * The participants it names.
 */
mentions?: Array<string>, 
/**
 * What people put under it, in the order in which each first came.
 */
reactions?: Array<Reaction>, 
/**
 * When its author last changed it; earlier texts are in `revisions`.
 */
edited_at?: UnixMs, 
/**
 * When it was deleted: a tombstone, its content is gone (TU5).
 */
deleted_at?: UnixMs, };
export type MessageCreated = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The entry.
 */
message: Message, };
export type MessageDeleted = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * When.
 */
deleted_at: UnixMs, 
/**
 * Who did it.
 */
by: Author, };
export type MessageEdited = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * Its text from now on.
 */
content: string, 
/**
 * The participants that it names from now on.
 */
mentions: Array<string>, 
/**
 * When.
 */
edited_at: UnixMs, };
export type MessageKind = "prompt" | "chat" | "reply";
export type MessageOnly = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, };
export type MessagesCopied = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Oldest first, each after its parent.
 */
messages: Array<Message>, };
export type ModelInfo = { 
/**
 * The id sent upstream.
 */
id: string, 
/**
 * The name shown.
 */
display_name: string, 
/**
 * True for the built-in model that answers when no key is set.
 */
simulated: boolean, 
/**
 * True when the upstream calls it deprecated or retired.
 */
deprecated: boolean, 
/**
 * The efforts it takes, least first; empty when it takes none.
 */
efforts: Array<Effort>, 
/**
 * The effort it uses when none is chosen.
 */
default_effort?: Effort, 
/**
 * Tokens it can read, when the upstream says.
 */
max_input_tokens?: number, 
/**
 * Tokens it can write, when the upstream says.
 */
max_output_tokens?: number, 
/**
 * Whether it thinks.
 */
thinking: boolean, 
/**
 * Whether it takes images.
 */
image_input: boolean, 
/**
 * Whether it takes PDFs.
 */
pdf_input: boolean, };
export type Models = { 
/**
 * Newest first.
 */
models: Array<ModelInfo>, 
/**
 * The one used when none is chosen.
 */
default: string, 
/**
 * True when the simulated model answers, whatever is chosen.
 */
simulated: boolean, };
export type Nothing = Record<symbol, never>;
export type OpenDocument = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * The version that the client has.
 */
version?: number, 
/**
 * The log's identity when it had it; of another log, nothing is resumed.
 */
epoch?: string, };
export type Part = { 
/**
 * Position in the reply, from 0, without gaps.
 */
index: number, 
/**
 * What it is.
 */
kind: PartKind, 
/**
 * Text, thinking, or JSON text, by `kind`.
 */
content: string, 
/**
 * The tool's name, for tool parts; the upstream's block type, for other parts.
 */
name?: string, 
/**
 * The upstream's id of a tool call, which its result names too.
 */
tool_use_id?: string, 
/**
 * Citations of a text part as JSON text of an array, as the upstream sent them.
 */
citations?: string, 
/**
 * Milliseconds from its first piece to its end; known for thinking.
 */
duration_ms?: number, };
export type PartKind = "text" | "thinking" | "tool_use" | "tool_result" | "other";
export type Participant = { 
/**
 * A user id, or `claude`.
 */
user_id: string, 
/**
 * The name shown.
 */
display_name: string, 
/**
 * The role; Claude is a collaborator.
 */
role: Role, 
/**
 * A CSS colour, the same for everyone.
 */
color: string, 
/**
 * When they joined.
 */
joined_at: UnixMs, 
/**
 * What was granted on top of the role.
 */
rights?: Array<Right>, };
export type ParticipantJoined = { 
/**
 * The session.
 */
session_id: string, 
/**
 * A user id, or `claude`.
 */
user_id: string, 
/**
 * The name shown.
 */
display_name: string, 
/**
 * The role.
 */
role: Role, 
/**
 * A CSS colour, the same for everyone.
 */
color: string, 
/**
 * When they became a member.
 */
joined_at: UnixMs, };
export type ParticipantLeft = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who.
 */
user_id: string, };
export type Period = "day" | "month";
export type PersonOnly = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The person: a user id, a login name, or the subject that an embedding application knows them by (SE1).
 */
target_user_id: string, };
export type Ping = { 
/**
 * The client's own clock, given back unread.
 */
timestamp?: number, };
export type Pong = { 
/**
 * The client's own clock, as it was sent.
 */
timestamp?: number, 
/**
 * The server's clock.
 */
server_time: UnixMs, };
export type Presence = { 
/**
 * The person.
 */
user_id: string, 
/**
 * Here or away.
 */
state: PresenceState, 
/**
 * Connections that follow the session.
 */
devices: number, 
/**
 * Whether they are typing.
 */
typing: boolean, };
export type PresenceChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * As it is now.
 */
presence: Presence, };
export type PresenceState = "here" | "away";
export type PromptEdited = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The prompt.
 */
message_id: string, 
/**
 * Its text from now on.
 */
content: string, };
export type QueuedTurn = { 
/**
 * The turn.
 */
turn_id: string, 
/**
 * Its prompt; the text is in the transcript.
 */
prompt_id: string, 
/**
 * 1 for the next.
 */
position: number, 
/**
 * The reply that it answers anew (`regenerate`).
 */
regenerates?: string, 
/**
 * Who asked anew, and pays for it; none where the prompt's author did.
 */
by?: string, };
export type React = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * The emoji.
 */
emoji: string, 
/**
 * Whether it should be there.
 */
on: boolean, };
export type Reaction = { 
/**
 * The emoji: data from others, at most [`crate::limits::EMOJI_BYTES_MAX`].
 */
emoji: string, 
/**
 * Who, in the order in which they came.
 */
users: Array<string>, };
export type ReactionChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * Whose.
 */
user_id: string, 
/**
 * The emoji.
 */
emoji: string, 
/**
 * Whether it is there now.
 */
on: boolean, };
export type ReadMarked = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The last message read.
 */
message_id: string, 
/**
 * Messages after it.
 */
unread: number, 
/**
 * Those of them that concern this person, as in the list of sessions.
 */
unread_mentions: number, };
export type Regenerate = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The reply, or its prompt.
 */
message_id: string, };
export type Removed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who did it; themselves when they left.
 */
by: Author, };
export type RenameDocument = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * Its name from now on.
 */
name: string, };
export type RenameSession = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The new title.
 */
title: string, };
export type Reply = { 
/**
 * Where it stands.
 */
status: ReplyStatus, 
/**
 * Its typed parts; empty while streaming.
 */
parts: Array<Part>, 
/**
 * The model that answers.
 */
model: string, 
/**
 * True when the simulated model answered.
 */
simulated: boolean, 
/**
 * The upstream's own word for why it ended.
 */
stop_reason?: string, 
/**
 * Tokens, once known.
 */
usage?: Usage, 
/**
 * Money, once known and priced.
 */
cost?: Cost, 
/**
 * Who stopped it, when someone did.
 */
stopped_by?: Author, 
/**
 * Why it failed, when it did.
 */
error?: ReplyError, 
/**
 * When it ended.
 */
ended_at?: UnixMs, };
export type ReplyError = { 
/**
 * The code.
 */
code: ErrorCode, 
/**
 * The sentence.
 */
message: string, };
export type ReplyStatus = "streaming" | "complete" | "cancelled" | "error" | "interrupted";
export type ResumePoint = { 
/**
 * The log's identity.
 */
epoch: string, 
/**
 * The last event it has.
 */
seq: number, 
/**
 * Per running reply, the last delta it has.
 */
streams?: { [key in string]: number }, };
export type ResumeRequest = { 
/**
 * Per session, where it stands.
 */
sessions: { [key in string]: ResumePoint }, };
export type Resumed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The position the client had.
 */
from: number, 
/**
 * The position it will have after the events that follow.
 */
to: number, 
/**
 * Always true; without recovery a `session_state` comes instead.
 */
recovered: boolean, };
export type Revision = { 
/**
 * The text.
 */
content: string, 
/**
 * From when on it was the message's.
 */
at: UnixMs, };
export type Revisions = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * Oldest first; the text it has now is the last.
 */
revisions: Array<Revision>, };
export type RevokeInvite = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The link.
 */
invite_id: string, };
export type Right = "prompt" | "chat" | "stop" | "approve" | "invite";
export type Role = "owner" | "collaborator" | "viewer";
export type RoleChanged = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Whose.
 */
user_id: string, 
/**
 * The role from now on.
 */
role: Role, 
/**
 * What is granted on top.
 */
rights: Array<Right>, 
/**
 * Who did it.
 */
by: Author, };
export type RunningTurn = { 
/**
 * The turn.
 */
turn_id: string, 
/**
 * Its prompt.
 */
prompt_id: string, 
/**
 * The reply being written.
 */
message_id: string, 
/**
 * The number of the last delta that `parts` contains.
 */
n: number, 
/**
 * What is written so far.
 */
parts: Array<Part>, };
export type SaveVersion = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * The name.
 */
name: string, };
export type SavedVersion = { 
/**
 * Which.
 */
version: number, 
/**
 * The name that somebody gave it; none for one that was kept by itself.
 */
name?: string, 
/**
 * Who had it kept.
 */
by: Author, 
/**
 * When.
 */
at: UnixMs, };
export type Search = { 
/**
 * The words; each must occur, the last may be the beginning of one.
 */
query: string, 
/**
 * In this session alone.
 */
session_id?: string, 
/**
 * Continue after this page's `next`.
 */
cursor?: string, 
/**
 * At most this many.
 */
limit?: number, };
export type SearchHit = { 
/**
 * Its session.
 */
session_id: string, 
/**
 * That session's title.
 */
title: string, 
/**
 * The message.
 */
message_id: string, 
/**
 * Who wrote it.
 */
author: Author, 
/**
 * When.
 */
created_at: UnixMs, 
/**
 * The text around the hit; what matched stands between U+E000 and U+E001.
 */
snippet: string, };
export type SearchResults = { 
/**
 * Newest first.
 */
hits: Array<SearchHit>, 
/**
 * Where the next page begins.
 */
next?: string, };
export type Selection = { 
/**
 * Where the selection began; the same as the head when nothing is selected.
 */
anchor: number, 
/**
 * Where they are.
 */
head: number, };
export type SessionBy = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who.
 */
by: Author, };
export type SessionChanged = { 
/**
 * The line.
 */
summary: SessionSummary, };
export type SessionConfigured = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The model from now on.
 */
model: string, 
/**
 * The effort from now on.
 */
effort: Effort | null, 
/**
 * Who.
 */
by: Author, };
export type SessionCreated = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Its title.
 */
title: string, 
/**
 * When.
 */
created_at: UnixMs, 
/**
 * Who made it.
 */
owner: Participant, 
/**
 * The chosen model.
 */
model: string, 
/**
 * The chosen effort.
 */
effort: Effort | null, 
/**
 * The version of the tool set and system prompt it keeps.
 */
prompt_version: number, 
/**
 * The session it was forked from.
 */
forked_from?: string, };
export type SessionOnly = { 
/**
 * The session.
 */
session_id: string, };
export type SessionRenamed = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The new title; empty when the prompt that it was taken from was deleted and there is no other.
 */
title: string, 
/**
 * Who; `server` for a title taken from a prompt.
 */
by: Author, 
/**
 * The prompt that the title was taken from.
 */
message_id?: string, };
export type SessionState = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Its log's identity.
 */
epoch: string, 
/**
 * The last event it contains.
 */
seq: number, 
/**
 * Whether this answers a resume that could be served exactly: never.
 */
recovered: boolean, 
/**
 * The reader's line of the list.
 */
summary: SessionSummary, 
/**
 * The chosen model.
 */
model: string, 
/**
 * The chosen effort.
 */
effort: Effort | null, 
/**
 * Who belongs to it, Claude included.
 */
participants: Array<Participant>, 
/**
 * The newest page of the current branch.
 */
messages: Array<Message>, 
/**
 * Whether there are older ones.
 */
has_more: boolean, 
/**
 * The last entry of the current branch.
 */
head: string | null, 
/**
 * Per entry of the page that has siblings: all of them, itself included, oldest first.
 */
branches: { [key in string]: Array<string> }, 
/**
 * The reply being written.
 */
running: RunningTurn | null, 
/**
 * The prompts that wait.
 */
queued: Array<QueuedTurn>, 
/**
 * Who was asked in by name and has not come.
 */
invitations: Array<Invitation>, 
/**
 * Who is here.
 */
presence: Array<Presence>, 
/**
 * The last message that the reader marked as read.
 */
read_to: string | null, 
/**
 * What the session may spend.
 */
budget: Budget | null, 
/**
 * What it spent in the budget's current period.
 */
spent: Spent, 
/**
 * Its documents, oldest first.
 */
documents: Array<DocumentSummary>, 
/**
 * To version 1: the one that the connection follows, whole.
 */
document?: DocumentState, };
export type SessionStatus = "active" | "idle" | "closed" | "deleted";
export type SessionStatusData = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Where it stands.
 */
status: SessionStatus, 
/**
 * When it was made.
 */
created_at: UnixMs, 
/**
 * When something durable last happened.
 */
last_activity: UnixMs, 
/**
 * Participants, Claude not counted.
 */
participant_count: number, 
/**
 * Messages on all branches.
 */
message_count: number, };
export type SessionSummary = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Its title; empty until named or until the first prompt names it.
 */
title: string, 
/**
 * Where it stands.
 */
status: SessionStatus, 
/**
 * The reader's role in it.
 */
role: Role, 
/**
 * When it was made.
 */
created_at: UnixMs, 
/**
 * When something durable last happened in it.
 */
last_activity: UnixMs, 
/**
 * Participants, Claude not counted.
 */
participant_count: number, 
/**
 * Messages on all branches.
 */
message_count: number, 
/**
 * Whether Claude is writing.
 */
running: boolean, 
/**
 * Messages that came after the reader's mark.
 */
unread: number, 
/**
 * Those of them that concern the reader: messages that name them or answer one of theirs, and Claude's replies to
 * their prompts, once ended and unless somebody stopped them.
 */
unread_mentions: number, 
/**
 * People who are here or away, Claude not counted.
 */
present: number, };
export type Sessions = { 
/**
 * Newest activity first.
 */
sessions: Array<SessionSummary>, 
/**
 * Where the next page begins.
 */
next?: string, };
export type SetBudget = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The budget; null takes it away.
 */
budget: Budget | null, };
export type SetRole = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The person, as in `remove_user`.
 */
target_user_id: string, 
/**
 * The role from now on.
 */
role: Role, 
/**
 * What is granted on top; rights that the role has anyway are INVALID_DATA. Absent: none.
 */
rights?: Array<Right>, };
export type SetTyping = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Whether.
 */
typing: boolean, };
export type Spent = { 
/**
 * Tokens, read and written together.
 */
tokens: number, 
/**
 * Millionths of a US dollar.
 */
micro_usd: number, };
export type Summarize = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The last message that the asker knows; their mark when absent.
 */
since?: string, };
export type Summary = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The first message that it tells of.
 */
from: string, 
/**
 * The last one.
 */
to: string, 
/**
 * Markdown.
 */
content: string, 
/**
 * True when the simulated model wrote it.
 */
simulated: boolean, 
/**
 * Tokens.
 */
usage?: Usage, 
/**
 * Money.
 */
cost?: Cost, };
export type TurnDequeued = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The turn.
 */
turn_id: string, 
/**
 * Its prompt; stays in the transcript.
 */
prompt_id: string, 
/**
 * Who.
 */
by: Author, };
export type TurnQueued = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The turn.
 */
turn_id: string, 
/**
 * Its prompt.
 */
prompt_id: string, 
/**
 * 1 for the next.
 */
position: number, 
/**
 * The reply that it answers anew (`regenerate`).
 */
regenerates?: string, 
/**
 * Who asked anew, and pays for it; none where the prompt's author did.
 */
by?: string, };
export type TurnStarted = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The turn.
 */
turn_id: string, 
/**
 * Its prompt.
 */
prompt_id: string, 
/**
 * The reply as it begins: empty, streaming.
 */
message: Message, };
export type TurnWaiting = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The reply.
 */
message_id: string, 
/**
 * Why: MODEL_OVERLOADED (the upstream is, or all places are taken), MODEL_RATE_LIMITED or MODEL_UNAVAILABLE.
 */
code: ErrorCode, 
/**
 * Requests of this server that will be made before this one, when it waits in our own queue.
 */
ahead?: number, 
/**
 * Milliseconds until the next try; 0 when that depends on others.
 */
retry_after: number, 
/**
 * Which try comes next (TU8): 1 for a request that was not tried yet.
 */
attempt: number, };
export type UnixMs = number;
export type Usage = { 
/**
 * Tokens read, not from the cache.
 */
input_tokens: number, 
/**
 * Tokens written, thinking included.
 */
output_tokens: number, 
/**
 * Tokens read from the prompt cache.
 */
cache_read_input_tokens: number, 
/**
 * Tokens written to the prompt cache.
 */
cache_creation_input_tokens: number, 
/**
 * True when the output was counted here, because the stream ended without the upstream's figure.
 */
estimated: boolean, };
export type UserInvited = { 
/**
 * The session.
 */
session_id: string, 
/**
 * Who, and by whom.
 */
invitation: Invitation, };
export type VersionOnly = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document?: number | string, 
/**
 * The version; any that there was, kept or not.
 */
version: number, };
export type VersionSaved = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * The version.
 */
saved: SavedVersion, };
export type Versions = { 
/**
 * The session.
 */
session_id: string, 
/**
 * The document.
 */
document: number, 
/**
 * Its version now.
 */
version: number, 
/**
 * Oldest first.
 */
versions: Array<SavedVersion>, };

export interface CommandData {
  hello: Hello;
  auth: Auth;
  ping: Ping;
  create_session: CreateSession;
  list_sessions: ListSessions;
  list_models: Nothing;
  follow_session: FollowSession;
  unfollow_session: SessionOnly;
  session_status: SessionOnly;
  rename_session: RenameSession;
  configure_session: ConfigureSession;
  close_session: SessionOnly;
  reopen_session: SessionOnly;
  delete_session: SessionOnly;
  get_history: GetHistory;
  claude_message: ClaudeMessage;
  chat_message: ChatMessage;
  cancel: Cancel;
  edit_queued: EditQueued;
  regenerate: Regenerate;
  edit_prompt: EditPrompt;
  select_branch: MessageOnly;
  fork_session: MessageOnly;
  join_collaboration: SessionOnly;
  leave_collaboration: SessionOnly;
  leave_session: SessionOnly;
  invite_user: InviteUser;
  remove_user: PersonOnly;
  set_role: SetRole;
  transfer_ownership: PersonOnly;
  create_invite: CreateInvite;
  list_invites: SessionOnly;
  revoke_invite: RevokeInvite;
  edit_message: EditMessage;
  delete_message: MessageOnly;
  get_revisions: MessageOnly;
  react: React;
  set_typing: SetTyping;
  mark_read: MessageOnly;
  set_budget: SetBudget;
  summarize: Summarize;
  search: Search;
  open_document: OpenDocument;
  close_document: DocumentOnly;
  create_document: CreateDocument;
  rename_document: RenameDocument;
  delete_document: DocumentOnly;
  code_change: CodeChange;
  cursor_update: CursorUpdate;
  save_version: SaveVersion;
  list_versions: DocumentOnly;
  get_version: VersionOnly;
  restore_version: VersionOnly;
  get_blame: DocumentOnly;
}

export interface EventData {
  connected: Connected;
  disconnected: Disconnected;
  pong: Pong;
  ack: Ack;
  error: ErrorData;
  resumed: Resumed;
  session_state: SessionState;
  session_status: SessionStatusData;
  sessions: Sessions;
  models: Models;
  history: History;
  session_changed: SessionChanged;
  turn_waiting: TurnWaiting;
  session_created: SessionCreated;
  session_renamed: SessionRenamed;
  session_configured: SessionConfigured;
  session_closed: SessionBy;
  session_reopened: SessionBy;
  session_deleted: SessionBy;
  messages_copied: MessagesCopied;
  message_created: MessageCreated;
  prompt_edited: PromptEdited;
  turn_queued: TurnQueued;
  turn_dequeued: TurnDequeued;
  turn_started: TurnStarted;
  head_changed: HeadChanged;
  claude_response: ClaudeResponse;
  member_added: MemberAdded;
  member_changed: MemberChanged;
  member_removed: MemberRemoved;
  role_changed: RoleChanged;
  user_invited: UserInvited;
  invitation_withdrawn: InvitationWithdrawn;
  message_edited: MessageEdited;
  message_deleted: MessageDeleted;
  reaction_changed: ReactionChanged;
  budget_changed: BudgetChanged;
  participant_joined: ParticipantJoined;
  participant_left: ParticipantLeft;
  presence_changed: PresenceChanged;
  invited: Invited;
  removed: Removed;
  invite_created: InviteCreated;
  invites: Invites;
  revisions: Revisions;
  read_marked: ReadMarked;
  summary: Summary;
  search_results: SearchResults;
  document_created: DocumentCreated;
  document_renamed: DocumentRenamed;
  document_deleted: DocumentDeleted;
  version_saved: VersionSaved;
  code_changed: CodeChanged;
  document_state: DocumentState;
  document_resumed: DocumentResumed;
  document_closed: DocumentClosed;
  cursor_moved: CursorMoved;
  cursor_removed: CursorRemoved;
  versions: Versions;
  document_version: DocumentVersion;
  blame: Blame;
}

export const SUBPROTOCOL_V1 = "claude-websocket-v1";
export const SUBPROTOCOL_V2 = "madang.v2.json";

/** Close codes; decide by range alone (CN6). */
export const CloseCode = {
  Normal: 1000,
  ProtocolError: 1002,
  InvalidUtf8: 1007,
  PolicyViolation: 1008,
  TooBig: 1009,
  InternalError: 1011,
  BadCredential: 4401,
  Forbidden: 4403,
  NoSuchSession: 4404,
  Overloaded: 4100,
  TooSlow: 4102,
  NoPong: 4103,
  NoHello: 4104,
  Drain: 4200,
  TokenExpired: 4201,
  StateInvalidated: 4202,
} as const;

/** Whether the same thing can succeed later (CM3). */
export const RECOVERABLE: Record<ErrorCode, boolean> = {
  INVALID_AUTH: false,
  TOKEN_EXPIRED: true,
  FORBIDDEN: false,
  INVALID_SESSION: false,
  NOT_FOUND: false,
  INVALID_JSON: false,
  UNKNOWN_TYPE: false,
  INVALID_DATA: false,
  CONFLICT: false,
  STALE_BASE: true,
  SESSION_FULL: true,
  FILE_TOO_LARGE: false,
  UNSUPPORTED_FORMAT: false,
  CHECKSUM_MISMATCH: true,
  QUOTA_EXCEEDED: false,
  BUDGET_EXCEEDED: false,
  RATE_LIMITED: true,
  QUEUE_FULL: true,
  MODEL_OVERLOADED: true,
  MODEL_RATE_LIMITED: true,
  MODEL_REFUSED: false,
  MODEL_UNAVAILABLE: true,
  SERVICE_UNAVAILABLE: true,
  INTERNAL_ERROR: true,
};

/** Every kind of line that the audit log has. */
export const AUDIT_KINDS: readonly AuditKind[] = [
  "login.ok",
  "login.failed",
  "login.ended",
  "account.created",
  "account.changed",
  "account.password",
  "password.refused",
  "account.admin",
  "account.disabled",
  "account.enabled",
  "account.linked",
  "account.unlinked",
  "token.created",
  "token.ended",
  "invite.created",
  "invite.revoked",
  "invite.used",
  "user.invited",
  "invitation.withdrawn",
  "member.added",
  "member.removed",
  "role.changed",
  "session.deleted",
  "budget.changed",
  "budget.set",
  "refused",
  "tidied",
];
