/** The code of an invitation, from a whole link or from the code alone, as people paste either. */
import { inviteCodeOf } from "@madang/client/http";
import { wayOf } from "./way.js";

export const codeIn = (text: string): string => inviteCodeOf(text);

/** The code of the link that one came by. Only some let one sign up too. */
export function joinCodeKept(): string {
  const way = wayOf();
  return way.startsWith("/join#") ? codeIn(way) : "";
}
