/** The HTTP side of a Madang server: accounts, administration, export and import. Apart from the core, which needs none of it. */
export { type ClientErrorCode, MadangError } from "./errors.js";
export { AccountHttp } from "./http/account.js";
export { AdminHttp } from "./http/admin.js";
export {
  createHttp,
  type ExportFormat,
  type HttpOptions,
  inviteCodeOf,
  inviteLink,
  MadangHttp,
} from "./http/http.js";
export type * from "./http/types.js";
