// A lively instance to photograph and to look at: several owners, packages of all
// kinds, a history of months. The history is written into the stopped server's
// database, because no client may say when something happened.
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { password, poll } from "../lib/berth.js";
import {
  Repo, attached, attestations, blob, chart, image, index, layer, manifest, noise, signature, slsa, spdx, types,
} from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { totp } from "../lib/totp.js";

const people = ["ada", "grace", "linus", "mia", "bob", "katherine"];
const components = [
  ["openssl", "3.0.15-1~deb12u1", "Apache-2.0"], ["libc6", "2.36-9+deb12u9", "LGPL-2.1-only"], ["zlib1g", "1:1.2.13.dfsg-1", "Zlib"],
  ["busybox", "1:1.35.0-4", "GPL-2.0-only"], ["ca-certificates", "20230311", "MPL-2.0"], ["nginx", "1.27.3-1~bookworm", "BSD-2-Clause"],
  ["libpcre2-8-0", "10.42-1", "BSD-3-Clause"], ["tzdata", "2024b-0+deb12u1", "Unlicense"], ["libcrypt1", "1:4.4.33-2", "LGPL-2.1-only"],
];

const readme = `# Storefront

The web shop of Acme: server-rendered pages, one static binary, no JavaScript that it could not do without.

\`\`\`console
$ docker run --rm -p 8080:8080 registry.example.com/acme/web:1.4
\`\`\`

## Configuration

| Variable | Default | Meaning |
|---|---|---|
| \`PORT\` | \`8080\` | where to listen |
| \`DATABASE_URL\` | none | PostgreSQL 15 or later |
| \`CACHE_TTL\` | \`30s\` | how long a page may be old |

- [x] health checks on \`/healthz\`
- [x] rootless, read-only file system
- [ ] IPv6 only clusters

> Releases are signed. See **Signatures** of each version.
`;

const about = (title, description, source, license, more = {}) => ({
  "org.opencontainers.image.title": title, "org.opencontainers.image.description": description, "org.opencontainers.image.licenses": license,
  ...(source ? { "org.opencontainers.image.source": source } : {}), ...more,
});

// app is an image for some platforms, as buildx pushes it.
function app(name, version, { platforms = [["amd64"], ["arm64"]], labels, size = 60_000, attest = true, env = [], annotations }) {
  const images = platforms.map(([architecture, variant]) => image({
    architecture, variant, created: "2026-11-12T08:30:00Z", author: "Acme Platform <platform@acme.example>",
    labels: { ...labels, "org.opencontainers.image.version": version, "org.opencontainers.image.revision": noise(name + version, 20).toString("hex") },
    steps: [
      { by: "/bin/sh -c #(nop) ADD file:4fe31adb3b4b5d09d0b3a86b1d8d9ae6a5d5a8b0 in / ", layer: layer(`bookworm ${architecture}`, 280_000) },
      { by: "/bin/sh -c #(nop)  CMD [\"bash\"]" },
      { by: "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata && rm -rf /var/lib/apt/lists/* # buildkit", layer: layer(`packages ${architecture}`, 90_000) },
      { by: "WORKDIR /app", layer: layer("workdir", 120) },
      { by: `COPY --link dist/${name} /usr/local/bin/${name} # buildkit`, layer: layer(`${name} ${version} ${architecture}`, size) },
      { by: "COPY assets /app/assets # buildkit", layer: layer(`${name} assets ${version.split(".").slice(0, 2).join(".")}`, size / 3) },
      { by: "EXPOSE map[8080/tcp:{}]" },
      { by: "USER 65532:65532" },
      { by: `ENTRYPOINT ["/usr/local/bin/${name}"]` },
    ],
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PORT=8080", `VERSION=${version}`, ...env],
      Entrypoint: [`/usr/local/bin/${name}`], Cmd: ["serve"], ExposedPorts: { "8080/tcp": {} }, User: "65532:65532", WorkingDir: "/app", StopSignal: "SIGTERM",
    },
  }));
  const extra = attest ? images.map((i) => attestations(i, {
    sbom: spdx(`${name}-${version}`, components), provenance: slsa(labels?.["org.opencontainers.image.source"] ?? "", noise(name + version, 20).toString("hex")),
  })) : [];
  const m = index([...images, ...extra], { annotations: { ...about(name, labels?.["org.opencontainers.image.description"], null, labels?.["org.opencontainers.image.licenses"]), ...annotations } });
  m.referrers.push(signature(m));
  return m;
}

// seed makes it all, and returns what is told only once.
export async function seed(berth) {
  const admin = berth.as("admin");
  for (const login of people) await admin.post("/admin/users", { login, password });
  await admin.post("/admin/organizations", { login: "acme", admin: "ada" });
  await admin.post("/admin/organizations", { login: "nimbus", admin: "grace" });
  await admin.post("/admin/organizations", { login: "initrode", admin: "bob" });
  const ada = berth.as("ada"), grace = berth.as("grace");
  for (const login of ["mia", "linus", "katherine"]) await ada.put(`/orgs/acme/memberships/${login}`, { role: "member" });
  await ada.put("/orgs/acme/memberships/grace", { role: "admin" });
  await grace.put("/orgs/nimbus/memberships/ada", { role: "member" });
  for (const [team, members] of [["Platform", ["linus", "mia"]], ["Storefront", ["mia", "katherine"]], ["Security", ["katherine"]]]) {
    const { slug } = await ada.post("/orgs/acme/teams", { name: team });
    for (const m of members) await ada.put(`/orgs/acme/teams/${slug}/memberships/${m}`);
  }

  const source = (repo) => `${berth.url}/${repo}`;
  const repos = [
    ["acme/web", "public", "The web shop of Acme"], ["acme/api", "private", "Orders, stock and prices"], ["acme/infra", "internal", "Charts and base images"],
    ["nimbus/etl", "public", "Tables in, tables out"],
  ];
  for (const [full, visibility, description] of repos) {
    const [owner, name] = full.split("/");
    await (owner === "acme" ? ada : grace).post(`/orgs/${owner}/repos`, { name, visibility, description, homepage: `https://git.example.com/${full}` });
  }
  await ada.put("/repos/acme/web/readme", { content: readme }).catch(missing);
  await ada.put("/repos/acme/web/collaborators/bob", { permission: "read" });
  await ada.put("/orgs/acme/teams/storefront/repos/acme/web", { permission: "push" });
  await ada.put("/orgs/acme/teams/platform/repos/acme/web", { permission: "admin" });
  await ada.post("/orgs/acme/service-accounts", { login: "acme-ci", repository: "acme/web" });
  await ada.post("/orgs/acme/service-accounts", { login: "acme-deploy" });

  for (const [user, name, scopes, days] of [
    ["ada", "laptop", ["write:packages", "read:user"], 30], ["ada", "backup script", ["read:packages"], 365], ["ada", "expires soon", ["read:packages", "write:packages"], 3],
    ["ada", "release pipeline", ["write:packages", "delete:packages"], 90], ["grace", "workstation", ["write:packages"], 60], ["mia", "phone", ["read:packages"], 30],
  ]) await berth.as(user).post("/user/tokens", { name, scopes, expires_in_days: days });
  await ada.post("/user/tokens", { name: "deploy, acme/web only", scopes: ["read:packages"], packages: ["acme/web"], expires_in_days: 30 });
  const { url } = await ada.post("/orgs/acme/invitations", { note: "for the designers" });
  const linus = berth.as("linus");
  const { secret } = await linus.post("/user/second-factor", { password });
  await linus.put("/user/second-factor", { code: totp(secret) });

  await packages(berth, source);
  await settings(berth);
  await told(berth);
  await history(berth);
  return { invitation: basename(url) };
}

async function packages(berth, source) {
  const repo = (name, user = { acme: "ada", nimbus: "grace" }[name.split("/")[0]] ?? name.split("/")[0]) => new Repo(berth, name, user, password);
  const web = repo("acme/web");
  const webLabels = about("web", "The web shop: server-rendered, one static binary", source("acme/web"), "Apache-2.0", { "org.opencontainers.image.vendor": "Acme", "org.opencontainers.image.url": "https://shop.acme.example" });
  let last;
  for (const [version, ...tags] of [["1.0.0"], ["1.1.0"], ["1.2.0"], ["1.2.1", "1.2"], ["1.3.0"], ["1.3.1", "1.3"], ["1.4.0"], ["1.4.1"], ["1.4.2", "1.4", "1", "latest"], ["1.5.0-rc.1", "edge"]]) {
    const parts = version.split(".").map(Number);
    last = app("web", version, { labels: webLabels, platforms: [["amd64"], ["arm64"], ...(parts[1] >= 3 ? [["arm", "v7"]] : [])], size: 50_000 + 4000 * parts[1], env: parts[1] >= 4 ? ["CACHE_TTL=30s"] : [] });
    await web.manifest(last, version, ...tags);
  }
  await web.manifest(app("web", "nightly 1", { labels: webLabels, attest: false }), "nightly");
  await web.manifest(app("web", "nightly 2", { labels: webLabels, attest: false }), "nightly");
  last.referrers = [attached(last, types.cyclonedx, {
    bomFormat: "CycloneDX", specVersion: "1.5", version: 1, components: components.map(([name, version, license]) => ({ type: "library", name, version, purl: `pkg:deb/debian/${name}@${version}`, licenses: [{ license: { id: license } }] })),
  })];
  for (const r of last.referrers) await web.manifest(r);

  const api = repo("acme/api");
  const apiLabels = about("api", "Orders, stock and prices over gRPC and JSON", source("acme/api"), "LicenseRef-Acme-Proprietary");
  for (const v of ["2026.9.1", "2026.10.0", "2026.10.1", "2026.11.0"]) await api.manifest(app("api", v, { labels: apiLabels, size: 90_000 }), v, ...(v === "2026.11.0" ? ["stable", "latest"] : []));
  const worker = repo("acme/worker");
  for (const v of ["0.9.0", "0.9.1", "0.10.0"]) {
    await worker.manifest(image({
      labels: about("worker", "Sends mail, resizes pictures, forgets nothing", source("acme/api"), "MIT"),
      steps: [{ by: "COPY / / # buildkit", layer: layer(`worker ${v}`, 120_000) }, { by: `ENTRYPOINT ["/worker"]` }],
    }), v, ...(v === "0.10.0" ? ["latest"] : []));
  }
  await repo("acme/infra/base").manifest(app("base", "12.8", { labels: about("base", "Debian, with our certificates", source("acme/infra"), "GPL-2.0-or-later AND MIT"), platforms: [["amd64"], ["arm64"], ["ppc64le"], ["s390x"], ["riscv64"]] }), "12.8", "12", "latest");
  for (const v of ["3.0.0", "3.1.0", "3.1.1"]) await repo("acme/charts/storefront").manifest(chart({ name: "storefront", version: v, appVersion: "1.4.2", description: "Web shop, workers and a cache, with sensible defaults", home: "https://shop.acme.example" }), v);
  const wasmConfig = blob("application/vnd.wasm.config.v0+json", { created: "2026-11-02T10:00:00Z", architecture: "wasm", os: "wasip2", layerDigests: [], component: { exports: ["wasi:http/incoming-handler@0.2.0"], imports: ["wasi:io/streams@0.2.0"] } });
  const wasm = blob("application/wasm", noise("filter", 40_000));
  await repo("acme/edge/rate-limit").manifest(manifest({ schemaVersion: 2, mediaType: types.image, config: wasmConfig.descriptor, layers: [wasm.descriptor], annotations: about("rate-limit", "A filter for the edge proxy, as WebAssembly", null, "Apache-2.0") }, [wasmConfig, wasm]), "0.3.0", "latest");
  const policies = attached({ descriptor: undefined }, "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego", "package acme\n\ndefault allow := false\n", { annotations: about("policies", "Who may deploy what, where and when", null, "MIT") });
  await repo("acme/policies").manifest(policies, "2026-11", "latest");
  await repo("nimbus/etl").manifest(app("etl", "4.2.0", { labels: about("etl", "Tables in, tables out", source("nimbus/etl"), "MPL-2.0") }), "4.2.0", "4", "latest");
  await repo("nimbus/notebook").manifest(app("notebook", "2026.11", { labels: about("notebook", "Python, R and Julia in one large image", null, "BSD-3-Clause"), size: 600_000 }), "2026.11", "latest");
  await repo("ada/dotfiles").manifest(image({ labels: about("dotfiles", "My shell, everywhere", null, "0BSD") }), "latest");
  await repo("ada/engine").manifest(app("engine", "0.1.0", { labels: about("engine", "Computes Bernoulli numbers", null, "MIT"), platforms: [["amd64"]] }), "0.1.0", "latest");
  await repo("grace/flow").manifest(image({ labels: about("flow", "A compiler for people", null, "MIT") }), "0.2", "latest");
  for (const n of ["scratch", "old-site"]) await repo(`acme/${n}`).manifest(image({ labels: about(n, "Not used any more", null, "MIT") }), "1", "latest");
}

async function settings(berth) {
  const ada = berth.as("ada"), grace = berth.as("grace");
  await poll("all pushes are described", async () => {
    const list = await ada.get("/users/acme/packages?per_page=100");
    return list.every((p) => p.kind) && list.length >= 9;
  }, 180);
  const at = packagePath;
  for (const name of ["acme/web", "acme/charts/storefront", "acme/infra/base"]) await ada.patch(at(name), { inherit: false }).then(() => ada.patch(at(name), { visibility: "public" })).catch(() => ada.patch(at(name), { visibility: "public" }));
  await ada.patch(at("acme/edge/rate-limit"), { visibility: "internal" });
  await grace.patch(at("nimbus/notebook"), { visibility: "public" });
  await grace.patch(at("grace/flow"), { visibility: "public" });
  await berth.as("ada").patch(at("ada/engine"), { visibility: "public" });
  await ada.put(`${at("acme/web")}/roles/users/bob`, { role: "read" });
  await ada.put(`${at("acme/web")}/roles/teams/storefront`, { role: "write" });
  await ada.put(`${at("acme/web")}/roles/teams/platform`, { role: "admin" });
  await ada.post("/orgs/acme/hooks", { config: { url: "https://deploy.acme.example/hooks/berth", content_type: "json", secret: "s3cret" }, events: ["package"] });
  await ada.post("/orgs/acme/hooks", { config: { url: "https://chat.acme.example/hooks/T024BE7LD" }, events: ["*"], active: false });
  await ada.post("/repos/acme/web/hooks", { config: { url: "https://mirror.acme.example/berth" }, events: ["registry_package"] });
  await ada.delete(at("acme/old-site"));
  const [scratch] = await ada.get(`${at("acme/worker")}/versions`).then((list) => list.filter((v) => v.metadata.container.tags.includes("0.9.0")));
  await ada.delete(`${at("acme/worker")}/versions/${scratch.id}`);
}

// told waits until the webhooks have something to tell. Nobody is there to be told: history
// makes it up.
async function told(berth) {
  const ada = berth.as("ada");
  for (const [at, event] of [["/orgs/acme/hooks", "package"], ["/repos/acme/web/hooks", "ping"]]) {
    const [{ id }] = await ada.get(at);
    await poll(`what ${at} is told`, async () => (await ada.get(`${at}/${id}/deliveries`)).some((d) => d.event === event), 180);
  }
}

// history gives what was just made an age: all that happened in the seconds since the
// first of it is stretched over weeks, in the same order. Downloads are counted by day.
async function history(berth) {
  await berth.stop();
  const db = join(berth.data, "berth.db");
  const sql = (text) => execFileSync("sqlite3", ["-separator", "\t", db], { input: `PRAGMA busy_timeout=60000;\n${text}`, encoding: "utf8" });
  const now = Date.now() * 1000, day = 86_400e6;
  const [first, last] = sql("SELECT min(created_at), (SELECT max(at) FROM audit) FROM owners WHERE name <> 'admin';").trim().split("\n").at(-1).split("\t").map(Number);
  const factor = Math.floor((64 * day) / (last - first)); // since the first, to two hours ago
  const then = (column) => `${now - 7_200e6} - (${last} - ${column}) * ${factor}`;
  const columns = {
    owners: ["created_at"], members: ["created_at"], teams: ["created_at"], tokens: ["created_at"], repositories: ["created_at"],
    audit: ["at"], hooks: ["created_at", "updated_at"],
  };
  // The audit log does not let itself be changed; here it has to.
  const guards = sql("SELECT name, replace(sql, char(10), ' ') FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit';").trim().split("\n").slice(1).map((line) => line.split("\t"));
  const lines = ["BEGIN;", ...guards.map(([name]) => `DROP TRIGGER ${name};`)];
  for (const [table, names] of Object.entries(columns)) {
    for (const c of names) lines.push(`UPDATE ${table} SET ${c} = min(${then(c)}, ${now - 60e6}) WHERE ${c} > ${first - day};`);
  }
  // What was pushed to a package is days apart, the last of it hours ago.
  for (const line of sql("SELECT p.id, o.name || '/' || p.path FROM packages p JOIN owners o ON o.id = p.owner_id;").trim().split("\n").slice(1)) {
    const [id, name] = line.split("\t");
    const [a, b] = noise(`age ${name}`, 2);
    const newer = "(SELECT count(*) FROM manifests n WHERE n.package_id = manifests.package_id AND n.version AND n.id > manifests.id)";
    lines.push(`UPDATE manifests SET pushed_at = ${now - 3600e6 * (1 + (a % 60))} - ${newer} * ${Math.round(day * (3 + (b % 50) / 10))} WHERE package_id = ${id};`);
    lines.push(`UPDATE manifests SET updated_at = pushed_at WHERE package_id = ${id};`);
    const pushed = "(SELECT m.pushed_at FROM manifests m WHERE m.package_id = tags.package_id AND m.digest = tags.digest)";
    lines.push(`UPDATE tags SET created_at = ${pushed}, updated_at = ${pushed} WHERE package_id = ${id};`);
    const at = (f) => `coalesce((SELECT ${f}(m.pushed_at) FROM manifests m WHERE m.package_id = packages.id), created_at)`;
    lines.push(`UPDATE packages SET created_at = ${at("min")}, published_at = ${at("min")}, updated_at = ${at("max")} WHERE id = ${id};`);
  }
  const today = Math.floor(now / day);
  const weights = { "acme/web": 420, "acme/api": 60, "acme/worker": 25, "acme/infra/base": 180, "acme/charts/storefront": 35, "acme/edge/rate-limit": 12, "nimbus/etl": 90, "nimbus/notebook": 240, "ada/engine": 8, "grace/flow": 14 };
  for (const [name, weight] of Object.entries(weights)) {
    const [owner, ...rest] = name.split("/");
    const which = `(SELECT p.id FROM packages p JOIN owners o ON o.id = p.owner_id WHERE o.name = '${owner}' AND p.path = '${rest.join("/")}')`;
    let sum = 0;
    for (let back = 45; back >= 0; back--) {
      const weekday = new Date((today - back) * 86_400e3).getUTCDay();
      const wave = (weekday === 0 || weekday === 6 ? 0.35 : 1) * (1 - back / 90) * (0.7 + (noise(`${name} ${back}`, 1)[0] / 255) * 0.6);
      const count = Math.round(weight * wave * (back === 0 ? 0.4 : 1));
      if (count) lines.push(`INSERT INTO downloads (package_id, day, count) VALUES (${which}, ${today - back}, ${count}) ON CONFLICT DO UPDATE SET count = excluded.count;`);
      sum += count;
    }
    lines.push(`UPDATE packages SET downloads = ${sum}, last_pulled_at = ${now - 900e6} WHERE id = ${which};`);
    // Newer versions are pulled more.
    lines.push(`UPDATE manifests SET downloads = ${sum} / (4 + (SELECT count(*) FROM manifests n WHERE n.package_id = manifests.package_id AND n.version AND n.id > manifests.id)), last_pulled_at = ${now - 900e6} WHERE version AND package_id = ${which};`);
    lines.push(`UPDATE tags SET downloads = (SELECT m.downloads / 2 FROM manifests m WHERE m.package_id = tags.package_id AND m.digest = tags.digest), last_pulled_at = ${now - 1800e6} WHERE package_id = ${which};`);
  }
  // What was stored, day by day; today's figures are the server's own.
  for (let back = 60; back > 0; back--) {
    const part = 1 - back / 75 + noise(`stored ${back}`, 1)[0] / 8000;
    const of = (n) => Math.round(n * part);
    lines.push(`INSERT INTO figures (day, at, owners, users, packages, versions, blobs, logical, held, idle_blobs, idle, reclaimed)
      VALUES (${today - back}, ${(today - back) * day}, 12, 9, ${of(13)}, ${of(30)}, ${of(298)}, ${of(11.2e6)}, ${of(7.9e6)}, 0, 0, 0) ON CONFLICT DO NOTHING;`);
  }
  lines.push(`UPDATE tokens SET last_used_at = ${now - 3_600e6} WHERE name IN ('laptop', 'release pipeline', 'workstation');`);
  const happened = `min(${then("created_at")}, ${now - 5_400e6})`;
  lines.push(`UPDATE deliveries SET not_before = NULL, attempts = 1, created_at = ${happened}, delivered_at = ${happened} + 400000, duration = 38000 + id * 7919 % 90000,
    status_code = 202, error = '', response_headers = '{"Content-Type":"text/plain; charset=utf-8","Date":"Thu, 12 Nov 2026 08:31:07 GMT"}', response_body = CAST('queued' AS BLOB);`);
  // The disk has lost a layer of a version that nobody needs.
  const lost = layer("worker 0.9.1", 120_000).descriptor.digest;
  const [key] = sql(`SELECT storage_key FROM blobs WHERE digest = '${lost}';`).trim().split("\n").slice(1);
  const [file] = readdirSync(berth.data, { recursive: true }).filter((f) => basename(f) === key);
  rmSync(join(berth.data, file));
  lines.push(`UPDATE blobs SET lost_at = ${now - day} WHERE digest = '${lost}';`);
  lines.push(...guards.map(([, text]) => `${text};`), "COMMIT;");
  sql(lines.join("\n"));
  await berth.run();
}

// missing lets a route be missing that is not there yet.
function missing(err) {
  if (!/: 404 /.test(err.message)) throw err;
}
