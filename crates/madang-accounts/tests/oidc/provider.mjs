// A real OpenID provider on a loopback port of its own. It prints its address and ends with its standard input.
// Who signs in is decided by the `login_hint`, so that a test needs no page: `mina`, `eve` (another domain), `raw` (an
// address that is not verified).
import Provider from "oidc-provider";
import { createServer } from "node:http";

const people = {
  mina: { name: "Mina Kim", preferred_username: "mina", email: "mina@example.com", email_verified: true },
  eve: { name: "Eve", preferred_username: "eve", email: "eve@evil.example", email_verified: true },
  raw: { name: "Raw", preferred_username: "raw", email: "raw@example.com", email_verified: false },
};
const redirects = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: "madang", client_secret: "a client's secret: 100% & more", redirect_uris: redirects },
      { client_id: "public", token_endpoint_auth_method: "none", redirect_uris: redirects },
    ],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
    pkce: { required: () => true },
    cookies: { keys: ["only for tests"] },
  });
  const handle = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return handle(request, response);
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === "login") {
      const result = params.login_hint === "nobody"
        ? { error: "access_denied", error_description: "not today" }
        : { login: { accountId: params.login_hint ?? "mina" } };
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const result = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  });
  console.log(issuer);
});
process.stdin.on("end", () => process.exit(0)).resume();
