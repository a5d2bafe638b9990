// A real OpenID provider on loopback: node server.mjs ISSUER_PORT BACK
// Whoever comes is signed in at once, as the account that `login_hint` names.
import Provider from "oidc-provider";

const [port, back] = process.argv.slice(2);
const people = {
  ann: { email: "ann@shop.eu", email_verified: true, groups: ["data", "all"] },
  ben: { email: "ben@shop.eu", email_verified: false, groups: ["data"] },
  eve: { email: "eve@shop.eu", email_verified: true, groups: ["strangers"] },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    { client_id: "ethogram", client_secret: "a secret of both", redirect_uris: [back] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified", "groups"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  scopes: ["openid", "email", "profile"],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/enter/${interaction.uid}` },
  cookies: { keys: ["for tests"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
});
provider.use(async (context, next) => {
  if (!context.path.startsWith("/enter/")) return next();
  const { prompt, params, session } = await provider.interactionDetails(context.req, context.res);
  if (prompt.name === "login") {
    const accountId = params.login_hint ?? context.cookies.get("as", { signed: false }) ?? "ann";
    return provider.interactionFinished(context.req, context.res, { login: { accountId } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid email profile");
  const grantId = await grant.save();
  return provider.interactionFinished(context.req, context.res, { consent: { grantId } });
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
