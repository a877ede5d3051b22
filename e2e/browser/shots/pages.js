// Every page that there is: where, and who looks at it (nobody when nothing is said).
// Pictures are taken of them, and the flow "pages" looks at each as it does at others.
// phone: there is a picture at 360 pixels, too. picture: false is for those that look
// like another.
export async function pages(berth) {
  const api = berth.as("ada");
  const versions = await api.get("/users/acme/packages/container/web/versions?per_page=100");
  const tagged = (tag) => versions.find((v) => v.metadata.container.tags.includes(tag));
  const latest = tagged("latest");
  const links = (await (await fetch(`${berth.url}/acme/web:latest`)).text()).matchAll(/\/-\/attachments\/(sha256:[0-9a-f]+)">([^<]+)</g);
  const attached = [...links].map(([, digest, title]) => ({ digest, name: title.match(/\w+/)[0].toLowerCase() }));
  const hooks = await api.get("/orgs/acme/hooks");
  const web = "/acme/web", own = { as: "ada" };
  return [
    { name: "landing", path: "/", phone: true },
    { name: "login", path: "/login", phone: true },
    { name: "not-found", path: "/-/nowhere", status: 404 },
    { name: "start", path: "/-/start", as: "katherine", phone: true },
    { name: "home", path: "/", ...own, phone: true },
    { name: "home-empty", path: "/", as: "katherine" },

    { name: "settings", path: "/settings", ...own },
    { name: "settings-tokens", path: "/settings/tokens", ...own, phone: true },
    { name: "settings-token-new", path: "/settings/tokens/new?scopes=write:packages", ...own, phone: true },
    { name: "settings-security", path: "/settings/security", ...own },
    { name: "settings-sessions", path: "/settings/sessions", ...own },
    { name: "settings-orgs", path: "/settings/orgs", ...own },
    { name: "settings-hooks", path: "/ada/-/settings/webhooks", ...own },

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
    { name: "org-hook", path: `/acme/-/settings/webhooks/${hooks[0]?.id}`, ...own },
    { name: "repository-hooks", path: "/acme/-/repositories/web/webhooks", ...own },
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
