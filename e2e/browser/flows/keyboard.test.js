import assert from "node:assert/strict";
import { poll } from "../lib/berth.js";
import { image } from "../lib/oci.js";
import { fresh, open, repo, test } from "../lib/suite.js";

const focused = (w) => w.page.evaluate(() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const box = e.getBoundingClientRect();
  return {
    what: (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.id).trim().slice(0, 60),
    tag: e.tagName,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    inside: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  };
});

test("everything is reached by Tab, and can be seen where it is", async () => {
  const w = await open({ user: "ada" });
  await w.go("/-/start");
  const seen = [];
  for (let i = 0; i < 60; i++) {
    await w.page.keyboard.press("Tab");
    const f = await focused(w);
    if (f.tag === "BODY") break;
    assert.ok(f.ring, `${f.what} shows its focus`);
    assert.ok(f.inside, `${f.what} is on the screen when it has the focus`);
    seen.push(f.what);
  }
  assert.equal(seen[0], "Skip to the content");
  assert.equal(new Set(seen).size, seen.length, `nothing holds the focus, and nothing has the same name: ${seen}`);
  assert.ok(seen.includes("Make an access token") && seen.includes("Menu of ada"), `${seen}`);
});

test("the first link leads past the frame", async () => {
  const w = await open({ user: "ada" });
  await w.go("/-/start");
  await w.page.keyboard.press("Tab");
  await w.page.keyboard.press("Enter");
  await poll("the content has the focus", () => w.page.evaluate(() => document.activeElement.id === "main"));
});

test("the menu opens, closes and gives the focus back", async () => {
  const w = await open({ user: "ada" });
  await w.go("/-/start");
  const menu = w.page.getByLabel("Menu of ada");
  await menu.focus();
  await w.page.keyboard.press("Enter");
  await w.page.getByRole("link", { name: "Access tokens" }).first().waitFor();
  await w.look();
  await w.page.keyboard.press("Tab");
  assert.equal((await focused(w)).what, "Your packages");
  await w.page.keyboard.press("Escape");
  assert.equal((await focused(w)).what, "Menu of ada");
  assert.equal(await w.page.locator("details[data-menu][open]").count(), 0);
});

test("a slash goes to the search, but not while somebody is typing", async () => {
  const w = await open();
  await w.go("/");
  await w.page.keyboard.press("/");
  assert.equal((await focused(w)).tag, "INPUT");
  await w.page.keyboard.type("a/b");
  assert.equal(await w.page.locator("#find").inputValue(), "a/b");
});

test("the pages of a package are reached by Tab, and a version is deleted by keyboard", async () => {
  const user = await fresh();
  const name = `${user}/app`;
  for (const tag of ["1", "2"]) await repo(name).manifest(image({ labels: { tag } }), tag);
  const w = await open({ user });
  const press = (key) => w.page.keyboard.press(key);
  for (const path of [`/${name}`, `/${name}/-/tags`, `/${name}/-/settings`, `/${name}:1`]) {
    await w.go(path);
    for (let i = 0; i < 120; i++) {
      await press("Tab");
      const f = await focused(w);
      if (f.tag === "BODY") break;
      assert.ok(f.ring, `${f.what} of ${path} shows its focus`);
      assert.ok(f.inside, `${f.what} of ${path} is on the screen when it has the focus`);
      assert.ok(i < 119, `${path} ends`);
    }
  }
  await w.go(`/${name}/-/versions`);
  await w.page.locator("input[data-row]").first().focus();
  await press("Space");
  const remove = w.button("Delete the chosen versions");
  for (let i = 0; i < 20 && !(await remove.evaluate((e) => e === document.activeElement)); i++) await press("Tab");
  await w.loads(() => press("Enter"));
  await w.main().locator("button.danger-button").focus();
  await w.loads(() => press("Enter"));
  await repo(name).pull("1");
  await assert.rejects(repo(name).pull("2"), / 404 /);
});
