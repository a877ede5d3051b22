// The same pages in a browser that runs no scripts.
import assert from "node:assert/strict";
import { image } from "../lib/oci.js";
import { fresh, open, password, repo, test } from "../lib/suite.js";

test("signing in, the menu, the theme and signing out need no scripts", async () => {
  const w = await open({ javaScript: false });
  await w.visit("/login");
  await w.field("Name").fill("ada");
  await w.field("Password").fill(password);
  await w.submit("Sign in");
  await w.visit("/-/start");
  assert.equal(await w.page.locator(".needs-js").evaluateAll((all) => all.filter((e) => e.offsetParent).length), 0, "what needs scripts is not shown");
  await w.loads(() => w.page.getByRole("group", { name: "Theme" }).getByRole("button", { name: "Dark" }).click());
  assert.equal(await w.page.locator("html").getAttribute("data-theme"), "dark");
  await w.page.getByLabel("Menu of ada").click();
  await w.submit(w.page.getByRole("button", { name: "Sign out" }));
  assert.equal((await w.context.cookies()).filter((c) => c.name === "berth_session").length, 0);
});

test("the token of the first steps needs no scripts", async () => {
  const user = await fresh();
  const w = await open({ user, javaScript: false });
  await w.go("/-/start");
  await w.submit("Make an access token");
  await w.look();
  const token = (await w.main().locator("code", { hasText: /^\s*brt_/ }).first().textContent()).trim();
  await repo(`${user}/hello`, user, token).manifest(image(), "1.0");
});

test("tokens are made and revoked without scripts", async () => {
  const w = await open({ user: await fresh(), javaScript: false });
  await w.visit("/settings/tokens/new?scopes=read:packages");
  await w.field("Name").fill("plain");
  await w.submit("Make the token");
  await w.visit("/settings/tokens");
  await w.main().getByLabel("Revoke plain").click();
  await w.submit("Revoke this token");
  await w.says(/No access tokens/);
});

test("packages are found, read and deleted without scripts", async (t) => {
  const user = await fresh();
  const r = repo(`${user}/app`);
  for (const tag of ["1", "2"]) await r.manifest(image({ labels: { tag } }), tag);
  const w = await open({ user, javaScript: false });
  await w.visit("/");
  await w.follow(`${user}/app`);
  await w.look();
  await w.visit(`/${user}/app/-/versions`);
  await w.page.locator("input[data-row]").first().check();
  await w.submit("Delete the chosen versions");
  await w.look();
});

test("the settings of a package need no scripts", async () => {
  const user = await fresh();
  const name = `${user}/app`;
  await repo(name).manifest(image(), "1");
  const other = await fresh();
  const w = await open({ user, javaScript: false });
  await w.visit(`/${name}/-/settings`);
  await w.page.locator("input[value=public]").check();
  await w.submit("Save the visibility");
  await w.says("Anonymous pull");
  assert.ok(await w.page.locator("input[value=public]").isChecked());
  await w.visit(`/${name}/-/settings/access`);
  await w.page.locator("#who-user").fill(other);
  await w.submit("Add the user");
  await w.submit(`Remove ${other}`);
  await w.visit(`/${name}/-/settings/retention`);
  await w.submit("Preview");
  await w.look();
  await w.visit(`/${name}/-/settings`);
  await w.page.locator("#confirm").fill("something else");
  await w.submit("Delete");
  await w.page.getByRole("alert").waitFor();
  await w.page.locator("#confirm").fill(name);
  await w.submit("Delete");
  await w.visit(`/${user}/-/trash`);
  await w.submit(`Restore ${name}`);
  assert.equal(w.path, `/${name}`);
});
