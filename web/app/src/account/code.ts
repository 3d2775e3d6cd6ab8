/** The code of an invitation, from a whole link or from the code alone, as people paste either. */
import { inviteCodeOf } from "@madang/client/http";

export const codeIn = (text: string): string => inviteCodeOf(text);
