import assert from "node:assert/strict";
import { poll } from "../lib/berth.js";
import { image } from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { berth, fresh, open, password, repo, test } from "../lib/suite.js";

// pushed makes a package of a new user with tags.
async function pushed(...tags) {
  const user = await fresh();
  const r = repo(`${user}/app`);
  for (const tag of tags) await r.manifest(image({ labels: { tag } }), tag);
  return { user, r, name: `${user}/app`, at: packagePath(`${user}/app`) };
}

test("an image's name is the address of its page", async (t) => {
  const { user, name, r } = await pushed("1.0", "2.0");
  const w = await open({ user });
  await w.visit(`/${name}`);
  await w.visit(`/${name}:1.0`);
  const digest = await r.manifest(image({ labels: { tag: "1.0" } }), "1.0");
  await w.visit(`/${name}@${digest}`);
  const stranger = await open({ user: "bob" });
  assert.equal((await stranger.visit(`/${name}`, { status: 404 })).status(), 404);
  const nobody = await open();
  await nobody.page.goto(`/${name}`);
  assert.match(nobody.path, /^\/login\?next=/);
});

test("versions are chosen, deleted and restored", async (t) => {
  const { user, name, at, r } = await pushed("1", "2", "3");
  const api = berth.as(user);
  const w = await open({ user });
  await w.visit(`/${name}/-/versions`);
  const remove = w.button("Delete the chosen versions");
  assert.equal(await remove.count(), 0, "nothing is chosen");
  const rows = w.page.locator("input[data-row]");
  await rows.nth(0).check();
  await rows.nth(1).check();
  assert.equal(await w.page.locator("[data-chosen]").textContent(), "2 chosen");
  await w.submit(remove);
  await w.look();
  assert.match(await w.main().textContent(), /That frees [1-9]/, "it says what that frees");
  assert.equal((await api.get(`${at}/versions`)).length, 3, "it is asked first");
  await w.submit(w.main().locator("button.danger-button"));
  assert.deepEqual((await api.get(`${at}/versions`)).map((v) => v.metadata.container.tags), [["1"]]);
  await assert.rejects(r.pull("3"), / 404 /);
  await w.visit(`/${name}/-/trash`);
  await w.submit(w.main().getByRole("button", { name: /^Restore/ }).first());
  await w.look();
  assert.equal((await api.get(`${at}/versions`)).length, 2);
});

test("who may only pull sees nothing to change", async (t) => {
  const { user, name, at } = await pushed("1");
  await berth.as(user).patch(at, { visibility: "public" });
  for (const as of [undefined, "bob"]) {
    const w = await open({ user: as });
    await w.visit(`/${name}`);
    await w.visit(`/${name}/-/versions`);
    assert.equal(await w.main().locator(".danger-button, [data-row]").count(), 0);
    assert.equal(await w.main().getByRole("link", { name: "Settings" }).count(), 0);
  }
});

test("versions are filtered, and two are compared", async () => {
  const { user, name, r } = await pushed("1", "2", "3");
  await r.manifest(image({ labels: { tag: "new 3" }, config: { Env: ["NEW=yes"] } }), "3"); // what was 3 has no tag now
  const api = berth.as(user);
  await api.post(`${packagePath(name)}/tag-rules`, { pattern: "2" });
  const w = await open({ user });
  await w.go(`/${name}/-/versions`);
  const rows = () => w.page.locator("input[data-row]").count();
  assert.equal(await rows(), 4);
  for (const [filter, count] of [["Tagged", 3], ["Untagged", 1], ["Protected", 1], ["Broken", 0]]) {
    await w.follow(w.main().getByRole("navigation", { name: "Filter" }).getByRole("link", { name: filter, exact: true }));
    await w.look();
    assert.equal(await rows(), count, filter);
  }
  await w.go(`/${name}/-/tags`);
  await w.page.locator("#filter").pressSequentially("3");
  await poll("tags are filtered as one types", async () => w.path.includes("q=3") && (await w.page.locator("#list a.title").allTextContents()).join() === "3");
  await w.look();
  await w.visit(`/${name}/-/compare?a=2&b=3`);
  await w.says("NEW");
});

test("a tag goes, and its version stays", async () => {
  const { user, name, r, at } = await pushed("1", "2");
  const w = await open({ user });
  await w.go(`/${name}/-/tags`);
  await w.main().getByLabel("More about 2").click();
  await w.submit("Remove the tag");
  await w.look();
  await assert.rejects(r.pull("2"), / 404 /);
  assert.equal((await berth.as(user).get(`${at}/versions`)).length, 2);
});

test("a list that is answered with another page leads there", async () => {
  const { user, name, at } = await pushed("1", "2");
  const w = await open({ user });
  await w.go(`/${name}/-/tags`);
  await w.context.clearCookies(); // as when the session has ended
  await w.loads(() => w.page.locator("#filter").fill("2"));
  const filtered = `/${name}/-/tags?q=2&sort=newest`;
  assert.equal(w.path, `/login?next=${encodeURIComponent(filtered)}`);
  await w.look();
  await w.field("Name").fill(user);
  await w.field("Password").fill(password);
  await w.submit("Sign in");
  assert.equal(w.path, filtered);
  assert.deepEqual(await w.page.locator("#list a.title").allTextContents(), ["2"]);

  w.allow(/status of 404/);
  await berth.as(user).delete(at);
  await w.loads(() => w.page.locator("#filter").fill("1"));
  await w.look();
  assert.equal(w.path, `/${name}/-/tags?q=1&sort=newest`);
  assert.equal(await w.page.locator("#filter").count(), 0, "the page says what is wrong");
});

test("a field goes on without suggestions when the session has ended", async () => {
  const w = await open({ user: "ada" });
  await w.go("/acme/-/people");
  await w.context.clearCookies();
  const answered = w.page.waitForResponse((r) => r.url().includes("/-/suggest"));
  await w.field("Add a user").fill("b");
  assert.equal(await (await answered).text(), "");
  await w.page.locator("html:not(.busy)").waitFor();
  assert.equal(await w.page.locator("datalist").first().innerHTML(), "");
  assert.equal(await w.field("Add a user").inputValue(), "b");
});
