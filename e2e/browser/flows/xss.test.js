// Whatever people and their clients can write is text on every page.
import assert from "node:assert/strict";
import { attached, attestations, chart, image, index, layer, manifest, blob, spdx, types } from "../lib/oci.js";
import { all, found, host, payloads } from "../lib/payloads.js";
import { packagePath } from "../lib/rest.js";
import { poll } from "../lib/berth.js";
import { berth, open, password, repo, test } from "../lib/suite.js";

const keys = ["title", "description", "url", "source", "documentation", "licenses", "vendor", "version", "revision", "authors", "ref.name", "base.name"];
const annotations = (text) => Object.fromEntries([...keys.map((k) => [`org.opencontainers.image.${k}`, text]), [text.slice(0, 100), text]]);

// hostile is an image with a payload wherever there is text.
function hostile(text) {
  return image({
    architecture: text, variant: text, author: text, labels: annotations(text), annotations: annotations(text),
    config: { Env: [`X=${text}`], Cmd: [text], Entrypoint: [text], User: text, WorkingDir: text, ExposedPorts: { [text]: {} }, Volumes: { [text]: {} }, StopSignal: text },
    steps: [{ by: text, layer: layer("x") }, { by: `RUN ${text}` }],
  });
}

// tried is for what may be refused: then it is not stored, which is as good. With
// BERTH_XSS_REFUSED the flow says what was.
const refused = [];
const tried = (p) => p.catch((err) => {
  if (!/: 4\d\d /.test(err.message)) throw err;
  refused.push(err.message);
});

async function write() {
  const ada = berth.as("ada");
  const one = repo("acme/one");
  for (const [i, text] of payloads.entries()) await one.manifest(hostile(text), `p${i}`);
  const many = repo("acme/many");
  const each = payloads.map((text) => {
    const m = image({ architecture: "amd64", labels: annotations(text), steps: [{ by: text, layer: layer(text) }] });
    m.platform = { os: text, architecture: text, variant: text, "os.version": text };
    m.annotations = annotations(text);
    return m;
  });
  const statements = each.map((m, i) => attestations(m, { sbom: spdx(payloads[i], payloads.map((t) => [t, t, t])), provenance: { builder: { id: payloads[i] }, buildType: payloads[i], materials: [{ uri: payloads[i] }], metadata: { note: payloads[i] } } }));
  const m = index([...each, ...statements], { annotations: annotations(all) });
  for (const text of payloads) {
    m.referrers.push(attached(m, "application/vnd.example.thing", { text }, { annotations: annotations(text), layerAnnotations: { "org.opencontainers.image.title": text } }));
    m.referrers.push(attached(m, types.spdx, spdx(text, [[text, text, text]])));
    m.referrers.push(attached(m, types.cyclonedx, { bomFormat: "CycloneDX", specVersion: "1.5", components: [{ type: text, name: text, version: text, purl: text, licenses: [{ license: { name: text } }] }] }));
  }
  await many.manifest(m, "latest");
  for (const text of payloads) {
    await tried(many.manifest(attached(m, text, { text }, { mediaType: text })));
    if (/^[\x20-\x7e]+$/.test(text)) await tried(many.manifest({ ...blob(text, { schemaVersion: 2, mediaType: text, layers: [] }), blobs: [] }, "odd"));
  }
  await repo("acme/chart").manifest(chart({ name: all, version: all, description: all, appVersion: all, home: "javascript:alert(1)" }), "1.0.0");
  await repo("acme/long").manifest(image({ labels: { long: "A".repeat(100 << 10), ...Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`label.${i}`, `value ${i}`])) }, steps: [{ by: "A".repeat(100 << 10), layer: layer("x") }] }), "latest");
  const settings = blob("application/vnd.example.config", { x: all });
  await repo("acme/files").manifest(manifest({
    schemaVersion: 2, mediaType: types.image, artifactType: "application/vnd.example.files", config: settings.descriptor,
    layers: payloads.map((text) => blob("text/html", text, { annotations: { "org.opencontainers.image.title": text } }).descriptor),
  }, [settings, ...payloads.map((text) => blob("text/html", text))]), "latest");

  await ada.post("/orgs/acme/repos", { name: "site", description: all.slice(0, 300), homepage: `https://${host}/` });
  await tried(ada.patch("/repos/acme/site", { homepage: "javascript:alert(1)" }));
  await tried(ada.put("/repos/acme/site/readme", { content: payloads.join("\n\n") }));
  for (const [i, text] of payloads.entries()) {
    await tried(ada.post("/user/tokens", { name: text, scopes: ["read:packages"] }));
    await tried(ada.post("/orgs/acme/teams", { name: text }));
    await tried(ada.post("/orgs/acme/invitations", { note: text }));
    if (i < 15) await tried(ada.post("/orgs/acme/hooks", { config: { url: `https://${host}/?${text.replace(/[ #]/g, "+")}` } }));
    await fetch(`${berth.url}/login`, { method: "POST", redirect: "manual", headers: { Origin: berth.url, "User-Agent": text.replace(/[^\x20-\x7e]/g, "") }, body: new URLSearchParams({ name: "ada", password }) });
  }
  await tried(ada.put("/orgs/acme/retention", { remove_tags: payloads.slice(0, 10), keep_tags: payloads.slice(10) }));
  await tried(ada.post("/orgs/acme/service-accounts", { login: "acme-bot" }));
  await tried(berth.as("admin").post("/invitations", { note: all.slice(0, 150) }));
  const gone = repo("acme/gone");
  await gone.manifest(hostile(all), "latest");
  await ada.delete(packagePath("acme/gone"));
  const [{ id }] = (await ada.get(`${packagePath("acme/one")}/versions`)).filter((v) => v.metadata.container.tags.includes("p0"));
  await ada.delete(`${packagePath("acme/one")}/versions/${id}`);
  for (const name of ["acme/one", "acme/many"]) await ada.put(`${packagePath(name)}/repository`, { full_name: "acme/site" });
  await poll("what was pushed is read", async () => (await ada.get("/users/acme/packages")).every((p) => p.kind), 180);
}

test("no text of others becomes more than text", async (t) => {
  await write();
  if (process.env.BERTH_XSS_REFUSED) for (const line of refused) t.diagnostic(`refused: ${line.slice(0, 200)}`);
  const ada = berth.as("ada");
  const list = [
    "/", "/login?next=" + encodeURIComponent(payloads[2]), "/settings", "/settings/tokens", "/settings/security", "/settings/sessions", "/settings/orgs",
    "/acme", "/acme/-/trash", "/acme/-/people", "/acme/-/people/invitations", "/acme/-/people/service-accounts", "/acme/-/people/service-accounts/acme-bot", "/acme/-/teams",
    "/acme/-/settings", "/acme/-/settings/names", "/acme/-/settings/audit", "/acme/-/settings/webhooks", "/acme/-/settings/tags", "/acme/-/settings/retention", "/acme/-/new-repository",
    "/acme/-/repositories", ...["", "/packages", "/collaborators", "/webhooks", "/settings"].map((below) => `/acme/-/repositories/site${below}`),
  ];
  for (const text of payloads) {
    const q = encodeURIComponent(text);
    list.push(`/search?q=${q}`, `/-/${q}`, `/acme?q=${q}`, `/acme/one/-/versions?q=${q}`, `/acme/one/-/tags?q=${q}`, `/acme/one:${q}`, `/-/suggest?kind=user&q=${q}`);
    list.push(`/settings/tokens/new?name=${q}&scopes=${q}`, `/acme/one/-/compare?a=${q}&b=${q}`);
  }
  for (const { slug } of await ada.get("/orgs/acme/teams")) list.push(`/acme/-/teams/${encodeURIComponent(slug)}`);
  for (const { id } of await ada.get("/orgs/acme/hooks")) {
    list.push(`/acme/-/settings/webhooks/${id}`);
    for (const d of await ada.get(`/orgs/acme/hooks/${id}/deliveries`)) list.push(`/acme/-/settings/webhooks/${id}/deliveries/${d.id}`);
  }
  for (const name of ["one", "many", "chart", "long", "files"]) {
    list.push(`/acme/${name}`, `/acme/${name}/-/tags`, `/acme/${name}/-/versions`, `/acme/${name}/-/trash`);
    for (const page of ["", "/access", "/tags", "/retention", "/names"]) list.push(`/acme/${name}/-/settings${page}`);
    const versions = await ada.get(`${packagePath(`acme/${name}`)}/versions?per_page=100`);
    for (const v of versions) {
      list.push(`/acme/${name}@${v.name}`, `/acme/${name}/-/raw/${v.name}`, `/acme/${name}/-/versions/delete?id=${v.id}`);
      const { attached: others = [] } = await ada.get(`${packagePath(`acme/${name}`)}/versions/${v.id}`);
      for (const a of others) list.push(`/acme/${name}/-/attachments/${a.digest}`, `/acme/${name}/-/raw/${a.digest}`);
    }
    if (versions.length > 1) list.push(`/acme/${name}/-/compare?a=${versions[0].name}&b=${versions[1].name}`);
  }
  const w = await open({ user: "ada" });
  const admin = await open({ user: "admin" });
  const wrong = [];
  let looked = 0;
  const theirs = ["", "/audit", "/users", "/users/ada", "/new-user", "/invitations", "/orgs", "/packages", "/quotas", "/jobs"].map((p) => `/-/admin${p}`);
  for (const text of payloads) theirs.push(`/-/admin/audit?actor=${encodeURIComponent(text)}&action=${encodeURIComponent(text)}`);
  for (const [who, path] of [...list.map((p) => [w, p]), ...theirs.map((p) => [admin, p])]) {
    try {
      looked += await harmless(who, path);
    } catch (err) {
      wrong.push(`${path}: ${err.message.slice(0, 600)}`);
      who.wrong = [];
    }
  }
  t.diagnostic(`${looked} of ${list.length + theirs.length} pages are there`);
  assert.ok(!wrong.length, `${wrong.length} pages\n${wrong.slice(0, 20).join("\n")}`);
});

test("what is typed and refused is shown again as text", async () => {
  await repo("acme/typed").manifest(image(), "1");
  await berth.as("ada").post("/orgs/acme/repos", { name: "typed" });
  const w = await open({ user: "ada" });
  w.allow(/cannot be parsed, or is out of range/); // what was no number is shown again
  let forms = 0;
  for (const path of [
    "/settings", "/settings/orgs", "/settings/tokens/new", "/acme/-/people", "/acme/-/people/invitations", "/acme/-/people/service-accounts", "/acme/-/teams", "/acme/-/settings", "/acme/-/settings/webhooks",
    "/acme/-/settings/tags", "/acme/-/settings/retention", "/acme/-/new-repository", "/acme/-/repositories/typed/settings", "/acme/-/repositories/typed/collaborators",
    ...["", "/access", "/tags", "/retention", "/names"].map((p) => `/acme/typed/-/settings${p}`),
  ]) {
    for (let i = 0, all = 1; i < all; i++) {
      await w.go(path);
      all = await w.page.locator("main form[method=post]").count();
      const has = await w.page.locator("main form[method=post]").nth(i).locator("input[type=text], input[type=url], input:not([type]), textarea").count();
      if (!has) continue;
      await w.loads(() => w.page.locator("main form[method=post]").nth(i).evaluate((form, texts) => {
        let n = 0;
        for (const e of form.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), textarea")) {
          if (e.type === "number") e.type = "text"; // as whoever does not use a browser
          e.value = texts[n++ % texts.length].slice(0, e.maxLength > 0 ? e.maxLength : undefined);
        }
        form.noValidate = true;
        form.submit();
      }, payloads));
      forms++;
      assert.deepEqual(await w.page.evaluate(found), [], `what form ${i} of ${path} answers`);
      w.clean(`form ${i} of ${path}`);
    }
  }
  assert.ok(forms > 20, `${forms} forms`);
});

// harmless looks at a page, and says whether it was there.
async function harmless(w, path) {
  const answer = await w.page.goto(path);
  assert.ok(answer.status() < 500, `status ${answer.status()}`);
  const size = (await answer.body()).length;
  assert.ok(size < 1 << 20, `it has ${size} bytes`);
  assert.deepEqual(await w.page.evaluate(found), []);
  w.clean(path);
  if (answer.status() !== 200) return 0;
  await w.fits(path);
  return 1;
}
