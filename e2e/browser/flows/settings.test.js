// The settings of a package, each with what it changes for those who pull and push.
import assert from "node:assert/strict";
import { image, types } from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { berth, fresh, open, repo, test } from "../lib/suite.js";
import { ageVersions } from "../lib/time.js";

// pull is what somebody without credentials gets of a tag.
const pull = async (name, tag) => (await fetch(`${berth.url}/v2/${name}/manifests/${tag}`, { headers: { Accept: types.image } })).status;

const settings = (name, page = "") => `/${name}/-/settings${page}`;
const ofVisibility = (w, value) => w.main().locator(`input[name=visibility][value=${value}]`);

// pushed makes a package of a new user, and opens the first page of its settings.
async function pushed(tag = "1") {
  const user = await fresh();
  const name = `${user}/app`;
  await repo(name).manifest(image({ labels: { tag } }), tag);
  const w = await open({ user });
  await w.visit(settings(name));
  return { user, name, w, api: berth.as(user), at: packagePath(name) };
}

test("a public package is pulled by everybody, a private one is not", async () => {
  const { name, w } = await pushed();
  const nobody = await open();
  assert.equal(await pull(name, "1"), 401);
  for (const [visibility, status] of [["public", 200], ["private", 401]]) {
    await ofVisibility(w, visibility).check();
    await w.submit("Save the visibility");
    await w.look();
    await w.page.locator("[role=status]", { hasText: `${name} is ${visibility} now.` }).waitFor();
    assert.ok(await ofVisibility(w, visibility).isChecked());
    assert.equal(await pull(name, "1"), status, `an anonymous pull of what is ${visibility}`);
    await nobody.page.goto(`/${name}`);
    assert.equal(nobody.path.startsWith("/login"), status === 401);
  }
});

test("a package is linked, inherits and is unlinked", async () => {
  const { user, name, w, api, at } = await pushed();
  await api.post("/user/repos", { name: "source", visibility: "public" });
  await w.go(settings(name));
  const offered = w.page.waitForResponse((r) => r.url().includes("/-/suggest"));
  await w.page.locator("#repository").pressSequentially("sour");
  await offered;
  await w.page.locator(`datalist option[value*="source"]`).waitFor({ state: "attached" });
  await w.page.locator("#repository").fill("source");
  await w.submit("Link");
  await w.look();
  assert.equal((await api.get(at)).repository.full_name, `${user}/source`);
  assert.equal(await pull(name, "1"), 401, "linking alone gives nobody a role");
  await w.submit("Turn on");
  await w.look();
  await w.says("Inherit access: on");
  assert.ok(await ofVisibility(w, "private").isDisabled(), "the repository says what it is");
  assert.equal(await pull(name, "1"), 200, "it is as public as the repository");
  await w.submit("Turn off");
  await w.submit("Unlink");
  await w.look();
  assert.ok(!(await api.get(at)).repository);
  assert.equal(await pull(name, "1"), 200, "the visibility stays");
  await w.page.locator("#repository").fill("no-such");
  await w.submit("Link");
  await w.page.getByRole("alert").waitFor();
  assert.equal(await w.page.locator("#repository").inputValue(), "no-such", "what was typed stays");
  const wrong = w.page.locator("section", { has: w.page.getByRole("heading", { name: "Repository" }) }).getByRole("alert");
  assert.ok(await wrong.evaluate((alert) => alert === document.activeElement), "what is wrong stands at its form, and has the focus");
});

test("roles are given, changed and taken away", async () => {
  const { name, w } = await pushed();
  const other = await fresh();
  const theirs = () => repo(name, other);
  await assert.rejects(theirs().pull("1"), / 40[134] /);
  await w.visit(settings(name, "/access"));
  await w.page.locator("#who-user").fill(other);
  await w.submit("Add the user");
  await w.look();
  await theirs().pull("1");
  await assert.rejects(theirs().manifest(image({ labels: { by: other } }), "2"), / 40[13] /);
  await w.field(`Role of ${other}`).selectOption("write");
  await w.submit(`Change the role of ${other}`);
  await theirs().manifest(image({ labels: { by: other } }), "2");
  await w.submit(`Remove ${other}`);
  await w.look();
  await assert.rejects(theirs().pull("1"), / 40[134] /);
  await w.page.locator("#who-user").fill("nobody-is-called-so");
  await w.submit("Add the user");
  await w.page.getByRole("alert").waitFor();
});

test("a protected tag is not moved, and the refusal says why", async () => {
  const { user, name, w } = await pushed("v1.0");
  await w.visit(settings(name, "/tags"));
  await w.field("Pattern").fill("v*");
  await w.submit("Add the rule");
  await w.look();
  await w.says("Immutable");
  await assert.rejects(repo(name).manifest(image({ labels: { other: "yes" } }), "v1.0"), (err) => {
    assert.match(err.message, / 403 .*tag protected: .*v1\.0 matches the rule v\*/);
    return true;
  });
  await repo(name).manifest(image({ labels: { other: "yes" } }), "v1.1");
  await w.visit(`/${name}/-/tags`);
  assert.equal(await w.main().getByText("Protected").count(), 2);
  await w.visit(settings(name, "/tags"));
  await w.submit("Remove the rule for v*");
  await w.look();
  await repo(name).manifest(image({ labels: { by: user } }), "v1.0");
});

test("retention says beforehand what would go, and removes nothing by that", async () => {
  const { name, w, api, at } = await pushed("pr-1");
  for (const tag of ["pr-2", "pr-3", "latest"]) await repo(name).manifest(image({ labels: { tag } }), tag);
  ageVersions(berth, name, 3);
  await w.visit(settings(name, "/retention"));
  await w.field("Tags to remove").fill("pr-*");
  await w.field("Keep the newest").fill("1");
  for (const field of ["Keep for days", "Keep if pulled within days"]) await w.field(field).fill("1");
  await w.field("Tags to keep").fill("pr-1");
  await w.submit("Preview");
  await w.look();
  await w.page.locator("#preview").getByText(/would go/).waitFor();
  assert.match(await w.page.locator("#preview table").innerText(), /pr-2/);
  assert.doesNotMatch(await w.page.locator("#preview table").innerText(), /pr-1|pr-3|latest/);
  assert.equal(await w.field("Tags to remove").inputValue(), "pr-*", "what was typed stays");
  assert.equal((await api.get(`${at}/versions`)).length, 4);
  await w.submit("Save the rule");
  await w.look();
  await w.submit("Remove");
  await w.look();
  await w.says("There is no rule");
});

test("a package is deleted by its name, and restored from the trash of its owner", async () => {
  const { user, name, w, api } = await pushed();
  const remove = w.button("Delete");
  assert.ok(await remove.isDisabled(), "the name has to be typed");
  await w.page.locator("#confirm").fill(user);
  assert.ok(await remove.isDisabled(), "the whole name");
  await w.page.locator("#confirm").fill(name);
  await w.submit(remove);
  await w.look();
  assert.equal(w.path, `/${user}`);
  assert.deepEqual(await api.get("/user/packages"), []);
  await assert.rejects(repo(name).pull("1"), / 404 /);
  await w.visit(`/${user}/-/trash`);
  await w.submit(`Restore ${name}`);
  await w.look();
  assert.equal(w.path, `/${name}`);
  await repo(name).pull("1");
});

test("an old name leads to the new one, until it is freed", async () => {
  const { user, name, w } = await pushed();
  await w.visit(settings(name, "/names"));
  await w.page.locator("#path").fill("renamed");
  await w.submit("Rename or transfer");
  await w.look();
  const now = `${user}/renamed`;
  await w.visit(`/${name}`);
  assert.equal(w.path, `/${now}`);
  await w.go(`/${name}:1`);
  assert.equal(w.path, `/${now}:1`);
  await repo(name).pull("1");
  await w.visit(settings(now, "/names"));
  await w.submit(`Free the name ${name}`);
  await w.look();
  await w.go(`/${name}`, 404);
});
