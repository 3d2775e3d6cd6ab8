/** What is rarely done with a session, its people and its past; apart from the core, so that a page can load it when it is wanted. */
export { type InviteOptions, peopleOf, SessionPeople } from "./people/commands.js";
export { type InvitesSnapshot, InvitesStore } from "./people/invites.js";
export { grantable, may } from "./people/rights.js";
export { type SearchSnapshot, SearchStore, snippetOf } from "./people/search.js";
