// Every page that there is: where, and who looks at it (nobody when nothing is said).
// Pictures are taken of them, and the flow "pages" looks at each as it does at others.
// phone: there is a picture at 360 pixels, too.
// soon: not built yet.
export async function pages(berth) {
  const api = berth.as("ada");
  const versions = await api.get("/users/acme/packages/container/web/versions?per_page=100");
  const tagged = (tag) => versions.find((v) => v.metadata.container.tags.includes(tag));
  const latest = tagged("latest");
  const { attached = [] } = await api.get(`/users/acme/packages/container/web/versions/${latest.id}`);
  const hooks = await api.get("/orgs/acme/hooks");
  const web = "/acme/web", own = { as: "ada" };
  return [
    { name: "landing", path: "/", phone: true },
    { name: "login", path: "/login", phone: true },
    { name: "not-found", path: "/-/nowhere", status: 404 },
    { name: "start", path: "/-/start", as: "katherine", phone: true },
    { name: "home", path: "/", ...own, phone: true },
    { name: "home-empty", path: "/", as: "katherine" },

    { name: "settings", path: "/settings", ...own, soon: true },
    { name: "settings-tokens", path: "/settings/tokens", ...own, phone: true, soon: true },
    { name: "settings-token-new", path: "/settings/tokens/new?scopes=write:packages", ...own, phone: true, soon: true },
    { name: "settings-security", path: "/settings/security", ...own, soon: true },
    { name: "settings-sessions", path: "/settings/sessions", ...own, soon: true },
    { name: "settings-orgs", path: "/settings/orgs", ...own, soon: true },

    { name: "search", path: "/search?q=web", ...own, soon: true },
    { name: "search-nothing", path: "/search?q=zzzz", soon: true },
    { name: "owner", path: "/acme", ...own, phone: true, soon: true },
    { name: "owner-public", path: "/acme", soon: true },
    { name: "owner-user", path: "/ada", ...own, soon: true },
    { name: "owner-empty", path: "/katherine", as: "katherine", soon: true },
    { name: "owner-trash", path: "/acme/-/trash", ...own, soon: true },
    { name: "people", path: "/acme/-/people", ...own, soon: true },
    { name: "invitations", path: "/acme/-/people/invitations", ...own, soon: true },
    { name: "service-accounts", path: "/acme/-/people/service-accounts", ...own, soon: true },
    { name: "service-account", path: "/acme/-/people/service-accounts/acme-ci", ...own, soon: true },
    { name: "teams", path: "/acme/-/teams", ...own, soon: true },
    { name: "team", path: "/acme/-/teams/storefront", ...own, soon: true },
    { name: "org-settings", path: "/acme/-/settings", ...own, soon: true },
    { name: "org-names", path: "/acme/-/settings/names", ...own, soon: true },
    { name: "org-audit", path: "/acme/-/settings/audit", ...own, soon: true },
    { name: "org-hooks", path: "/acme/-/settings/webhooks", ...own, soon: true },
    { name: "org-hook", path: `/acme/-/settings/webhooks/${hooks[0]?.id}`, ...own, soon: true },
    { name: "repository-hooks", path: "/acme/-/repositories/web/webhooks", ...own, soon: true },
    { name: "repositories", path: "/acme/-/repositories", ...own, soon: true },
    { name: "repository-new", path: "/acme/-/new-repository", ...own, soon: true },
    { name: "repository", path: "/acme/-/repositories/web", ...own, phone: true, soon: true },
    { name: "repository-packages", path: "/acme/-/repositories/web/packages", ...own, soon: true },
    { name: "repository-collaborators", path: "/acme/-/repositories/web/collaborators", ...own, soon: true },
    { name: "repository-settings", path: "/acme/-/repositories/web/settings", ...own, soon: true },

    { name: "package", path: web, ...own, phone: true, soon: true },
    { name: "package-public", path: web, soon: true },
    { name: "package-private", path: "/acme/api", ...own, soon: true },
    { name: "package-chart", path: "/acme/charts/storefront", ...own, soon: true },
    { name: "package-wasm", path: "/acme/edge/rate-limit", ...own, soon: true },
    { name: "package-artifact", path: "/acme/policies", ...own, soon: true },
    { name: "package-broken", path: "/acme/worker", ...own, soon: true },
    { name: "package-tags", path: `${web}/-/tags`, ...own, phone: true, soon: true },
    { name: "package-versions", path: `${web}/-/versions`, ...own, phone: true, soon: true },
    { name: "package-versions-broken", path: "/acme/worker/-/versions", ...own, soon: true },
    { name: "package-trash", path: "/acme/worker/-/trash", ...own, soon: true },
    { name: "version", path: `${web}:latest`, ...own, phone: true, soon: true },
    { name: "version-digest", path: `${web}@${latest?.name}`, ...own, soon: true },
    { name: "version-raw", path: `${web}/-/raw/${latest?.name}`, ...own, soon: true },
    ...attached.map((a, i) => ({ name: `attachment-${a.kind ?? "other"}-${i}`, path: `${web}/-/attachments/${a.digest}`, ...own, soon: true })),
    { name: "version-broken", path: "/acme/worker:0.9.1", ...own, soon: true },
    { name: "compare", path: `${web}/-/compare?a=1.3.1&b=latest`, ...own, soon: true },
    { name: "package-settings", path: `${web}/-/settings`, ...own, phone: true, soon: true },

    { name: "admin", path: "/-/admin", as: "admin", phone: true, soon: true },
    { name: "admin-users", path: "/-/admin/users", as: "admin", soon: true },
    { name: "admin-types", path: "/-/admin/types", as: "admin", soon: true },
    { name: "admin-quotas", path: "/-/admin/quotas", as: "admin", soon: true },
    { name: "admin-audit", path: "/-/admin/audit", as: "admin", soon: true },
    { name: "admin-jobs", path: "/-/admin/jobs", as: "admin", soon: true },
  ];
}
