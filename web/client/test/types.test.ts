import type {
  Ack,
  Invite,
  InviteCreated,
  Invited,
  Invites,
  Presence,
  ReadMarked,
  Resumed,
  Revision,
  Revisions,
  SearchResults,
  SessionState,
  Summary,
} from "@madang/protocol";
import { describe, expectTypeOf, it } from "vitest";
import type { MadangHttp, Me, Site } from "../src/http.js";
import type { Answer, ConnectionState, MadangClient, SessionPhase, SessionSnapshot } from "../src/index.js";
import type { SessionPeople } from "../src/people.js";

/** Checked by the compiler (`npm run typecheck`); running them does nothing. */
describe("types", () => {
  it("cm1_a_question_gives_its_own_event_and_all_else_an_ack", () => {
    expectTypeOf<Answer<"join_collaboration">>().toEqualTypeOf<SessionState | Resumed>();
    expectTypeOf<Answer<"create_invite">>().toEqualTypeOf<InviteCreated>();
    expectTypeOf<Answer<"list_invites">>().toEqualTypeOf<Invites>();
    expectTypeOf<Answer<"get_revisions">>().toEqualTypeOf<Revisions>();
    expectTypeOf<Answer<"mark_read">>().toEqualTypeOf<ReadMarked>();
    expectTypeOf<Answer<"summarize">>().toEqualTypeOf<Summary>();
    expectTypeOf<Answer<"search">>().toEqualTypeOf<SearchResults>();
    expectTypeOf<Answer<"react" | "set_typing" | "invite_user" | "set_budget">>().toEqualTypeOf<Ack>();
  });

  it("se3_a_snapshot_is_read_only_and_says_who_is_here", () => {
    expectTypeOf<SessionSnapshot["presence"]>().toEqualTypeOf<ReadonlyMap<string, Presence>>();
    expectTypeOf<SessionSnapshot["typing"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<"removed">().toExtend<SessionPhase>();
    expectTypeOf<MadangClient["invitations"]["getSnapshot"]>().returns.toEqualTypeOf<readonly Invited[]>();
    expectTypeOf<"signed_out">().toExtend<Extract<ConnectionState, { status: "closed" }>["key"]>();
  });

  it("se1_what_is_rarely_done_gives_what_was_asked_for", () => {
    expectTypeOf<SessionPeople["listInvites"]>().returns.resolves.toEqualTypeOf<readonly Invite[]>();
    expectTypeOf<SessionPeople["revisions"]>().returns.resolves.toEqualTypeOf<readonly Revision[]>();
    expectTypeOf<SessionPeople["setRole"]>()
      .parameter(1)
      .toEqualTypeOf<"owner" | "collaborator" | "viewer">();
  });

  it("ht1_nobody_is_null", () => {
    expectTypeOf<MadangHttp["me"]>().returns.resolves.toEqualTypeOf<Me | null>();
    expectTypeOf<MadangHttp["site"]>().returns.resolves.toEqualTypeOf<Site>();
  });
});
