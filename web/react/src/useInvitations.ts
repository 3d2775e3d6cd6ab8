import type { Invited } from "@madang/client";
import { useClient } from "./useClient.js";
import { useReadable } from "./useReadable.js";

/** The sessions that one was asked into and has not entered, newest first. */
export function useInvitations(): readonly Invited[] {
  return useReadable(useClient().invitations, all);
}

function all(offers: readonly Invited[]): readonly Invited[] {
  return offers;
}
