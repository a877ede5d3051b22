// Every page that there is: where, and who looks at it (nobody when nothing is said).
// Pictures are taken of them, and the flow "pages" looks at each as it does at others.
// phone: there is a picture at 360 pixels, too. picture: false is for those that look
// like another. Pages that answer a form, or that are only there when something has
// happened, say how to come to them, which h1 they have, and how to leave no traces.
//
// A test in internal/webui reads this file: every route that shows a page has to be here.
import assert from "node:assert/strict";
import { password } from "../lib/berth.js";
import { ageSessions, breaks } from "../lib/time.js";
import { totp } from "../lib/totp.js";

// show opens a page in a window.
export async function show(w, p) {
  if (p.open) await p.open(w);
  else await w.go(p.path, p.status);
  if (p.h1) assert.equal(await w.page.locator("h1").innerText(), p.h1);
}

// left makes a window what it was before a page was shown.
export async function left(w, p) {
  await p.leave?.(w);
  w.wrong = [];
  w.allowed = [];
}

// signedIn gives somebody's name and password.
const signedIn = (user) => async (w) => {
  await w.go("/login");
  await w.field("Name").fill(user);
  await w.field("Password").fill(password);
  await w.submit("Sign in");
};

// made makes a token of the viewer's.
const made = (name, scope) => async (w) => {
  await w.go(`/settings/tokens/new?scopes=${scope}`);
  await w.field("Name").fill(name);
  await w.submit("Make the token");
};

// started begins with a second factor. It does not count before it is confirmed.
async function started(w) {
  await w.go("/settings/security");
  await w.page.locator("#factor-password").fill(password);
  await w.submit("Set it up");
}

const firstCopied = async (w) => (await w.page.locator("main .copybox code").first().textContent()).trim();

async function confirmed(w) {
  await started(w);
  await w.field("Code").fill(totp(await firstCopied(w)));
  await w.submit("Switch it on");
  w.codes = (await firstCopied(w)).split(/\s+/);
}

async function switchedOff(w) {
  await w.go("/settings/security");
  await w.page.locator("#off-password").fill(password);
  await w.page.locator("#off-code").fill(w.codes[0]);
  await w.submit("Switch it off");
}

// pages lists them, of a demonstration with the links that seed returned.
export async function pages(berth, links) {
  const api = berth.as("ada");
  const versions = await api.get("/users/acme/packages/container/web/versions?per_page=100");
  const tagged = (tag) => versions.find((v) => v.metadata.container.tags.includes(tag));
  const latest = tagged("latest");
  const beside = (await (await fetch(`${berth.url}/acme/web:latest`)).text()).matchAll(/\/-\/attachments\/(sha256:[0-9a-f]+)">([^<]+)</g);
  const attached = [...beside].map(([, digest, title]) => ({ digest, name: title.match(/\w+/)[0].toLowerCase() }));
  const [hook] = await api.get("/orgs/acme/hooks");
  const told = (await api.get(`/orgs/acme/hooks/${hook.id}/deliveries`)).find((d) => d.event === "package" && d.status_code === 202);
  const [mirror] = await api.get("/repos/acme/web/hooks");
  const [mirrored] = await api.get(`/repos/acme/web/hooks/${mirror.id}/deliveries`);
  const web = "/acme/web", own = { as: "ada" };
  return [
    { name: "landing", path: "/", phone: true },
    { name: "login", path: "/login", phone: true },
    { name: "login-code", path: "/login", open: signedIn("linus"), h1: "One more step" },
    { name: "login-cli", path: `/login/cli?port=8976&challenge=${"A".repeat(43)}&name=laptop`, ...own },
    { name: "join", path: `/join/${links.invitation}` },
    { name: "join-closed", path: "/join", status: 403, picture: false },
    { name: "not-found", path: "/-/nowhere", status: 404 },
    { name: "denied", path: "/-/admin", as: "mia", status: 403 },
    { name: "broken", path: "/-/admin", as: "admin", open: breaks(berth), h1: "Something broke on our side" },
    { name: "start", path: "/-/start", as: "katherine", phone: true },
    { name: "home", path: "/", ...own, phone: true },
    { name: "home-empty", path: "/", as: "bob" },

    { name: "settings", path: "/settings", ...own },
    { name: "settings-tokens", path: "/settings/tokens", ...own, phone: true },
    { name: "settings-token-new", path: "/settings/tokens/new?scopes=write:packages", ...own, phone: true },
    { name: "settings-token-made", path: "/settings/tokens/made", as: "grace", open: made("build server", "write:packages"), h1: "Your new access token" },
    { name: "settings-security", path: "/settings/security", ...own },
    { name: "settings-factor", path: "/settings/security", as: "katherine", open: started, h1: "Set up the second factor" },
    { name: "settings-recovery-codes", path: "/settings/security", as: "bob", open: confirmed, h1: "Recovery codes", leave: switchedOff },
    {
      name: "confirm", path: "/settings/tokens/new", as: "mia", h1: "Confirm that it is you",
      open: async (w) => {
        ageSessions(berth, "mia", 31);
        await made("cleaner", "delete:packages")(w);
      },
    },
    { name: "settings-sessions", path: "/settings/sessions", ...own },
    { name: "settings-orgs", path: "/settings/orgs", ...own },
    { name: "settings-hooks", path: "/ada/-/settings/webhooks", ...own },
    { name: "settings-protection", path: "/ada/-/settings/tags", ...own, picture: false },
    { name: "settings-retention", path: "/ada/-/settings/retention", ...own, picture: false },
    { name: "settings-names", path: "/ada/-/settings/names", ...own, picture: false },
    { name: "settings-audit", path: "/ada/-/settings/audit", ...own, picture: false },

    { name: "search", path: "/search?q=web", ...own },
    { name: "search-nothing", path: "/search?q=zzzz" },
    { name: "owner", path: "/acme", ...own, phone: true },
    { name: "owner-public", path: "/acme" },
    { name: "owner-user", path: "/ada", ...own },
    { name: "owner-empty", path: "/katherine", as: "katherine" },
    { name: "owner-trash", path: "/acme/-/trash", ...own },
    { name: "people", path: "/acme/-/people", ...own },
    { name: "invitations", path: "/acme/-/people/invitations", ...own },
    { name: "service-accounts", path: "/acme/-/people/service-accounts", ...own },
    { name: "service-account", path: "/acme/-/people/service-accounts/acme-ci", ...own },
    { name: "teams", path: "/acme/-/teams", ...own },
    { name: "team", path: "/acme/-/teams/storefront", ...own },
    { name: "org-settings", path: "/acme/-/settings", ...own },
    { name: "org-names", path: "/acme/-/settings/names", ...own },
    { name: "org-audit", path: "/acme/-/settings/audit", ...own },
    { name: "org-hooks", path: "/acme/-/settings/webhooks", ...own },
    { name: "org-hook", path: `/acme/-/settings/webhooks/${hook.id}`, ...own },
    { name: "org-delivery", path: `/acme/-/settings/webhooks/${hook.id}/deliveries/${told.id}`, ...own },
    { name: "repository-hooks", path: "/acme/-/repositories/web/webhooks", ...own },
    { name: "repository-hook", path: `/acme/-/repositories/web/webhooks/${mirror.id}`, ...own, picture: false },
    { name: "repository-delivery", path: `/acme/-/repositories/web/webhooks/${mirror.id}/deliveries/${mirrored.id}`, ...own, picture: false },
    { name: "repositories", path: "/acme/-/repositories", ...own },
    { name: "repository-new", path: "/acme/-/new-repository", ...own },
    { name: "repository", path: "/acme/-/repositories/web", ...own, phone: true },
    { name: "repository-packages", path: "/acme/-/repositories/web/packages", ...own },
    { name: "repository-collaborators", path: "/acme/-/repositories/web/collaborators", ...own },
    { name: "repository-settings", path: "/acme/-/repositories/web/settings", ...own },

    { name: "package", path: web, ...own, phone: true },
    { name: "package-public", path: web },
    { name: "package-private", path: "/acme/api", ...own },
    { name: "package-chart", path: "/acme/charts/storefront", ...own },
    { name: "package-wasm", path: "/acme/edge/rate-limit", ...own },
    { name: "package-artifact", path: "/acme/policies", ...own },
    { name: "package-broken", path: "/acme/worker", ...own },
    { name: "package-tags", path: `${web}/-/tags`, ...own, phone: true },
    { name: "package-versions", path: `${web}/-/versions`, ...own, phone: true },
    { name: "package-versions-broken", path: "/acme/worker/-/versions", ...own, picture: false },
    { name: "package-trash", path: "/acme/worker/-/trash", ...own },
    { name: "version", path: `${web}:latest`, ...own, phone: true },
    { name: "version-digest", path: `${web}@${latest?.name}`, ...own, picture: false },
    { name: "version-raw", path: `${web}/-/raw/${latest?.name}`, ...own },
    ...attached.slice(0, 2).map((a) => ({ name: `attachment-${a.name}`, path: `${web}/-/attachments/${a.digest}`, ...own })),
    { name: "version-broken", path: "/acme/worker:0.9.1", ...own },
    { name: "compare", path: `${web}/-/compare?a=1.3.1&b=latest`, ...own },
    { name: "version-delete", path: `${web}/-/versions/delete?id=${latest.id}`, ...own },

    { name: "package-settings", path: `${web}/-/settings`, ...own, phone: true },
    { name: "package-access", path: `${web}/-/settings/access`, ...own, phone: true },
    { name: "package-protection", path: `${web}/-/settings/tags`, ...own },
    { name: "package-retention", path: `${web}/-/settings/retention`, ...own, phone: true },
    { name: "package-names", path: `${web}/-/settings/names`, ...own },
    { name: "org-protection", path: "/acme/-/settings/tags", ...own },
    { name: "org-retention", path: "/acme/-/settings/retention", ...own },

    { name: "admin", path: "/-/admin", as: "admin", phone: true },
    { name: "admin-users", path: "/-/admin/users", as: "admin" },
    { name: "admin-user", path: "/-/admin/users/ada", as: "admin", phone: true },
    { name: "admin-user-new", path: "/-/admin/new-user", as: "admin" },
    { name: "admin-invitations", path: "/-/admin/invitations", as: "admin" },
    { name: "admin-orgs", path: "/-/admin/orgs", as: "admin" },
    { name: "admin-types", path: "/-/admin/packages", as: "admin" },
    { name: "admin-quotas", path: "/-/admin/quotas", as: "admin" },
    { name: "admin-audit", path: "/-/admin/audit", as: "admin" },
    { name: "admin-jobs", path: "/-/admin/jobs", as: "admin" },
    { name: "admin-connection", path: "/-/admin/doctor", as: "admin" },
  ];
}
