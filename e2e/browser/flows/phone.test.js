import assert from "node:assert/strict";
import { image } from "../lib/oci.js";
import { fresh, open, password, repo, test } from "../lib/suite.js";

test("a phone is enough to sign in, find the menu and look around", async () => {
  const w = await open({ width: 360, height: 740, touch: true, mobile: true, theme: "dark" });
  await w.visit("/");
  await w.loads(() => w.page.getByRole("link", { name: "Sign in" }).first().tap());
  await w.field("Name").fill("ada");
  await w.field("Password").fill(password);
  await w.loads(() => w.button("Sign in").tap());
  await w.look();
  await w.page.getByLabel("Menu of ada").tap();
  const menu = w.page.locator(".menu-list").first();
  await menu.waitFor();
  const box = await menu.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360, `the menu is on the screen: ${JSON.stringify(box)}`);
  for (const e of await menu.locator("a, button").all()) {
    const { height } = await e.boundingBox();
    assert.ok(height >= 40, `${await e.textContent()} is ${height} pixels high, too low for a thumb`);
  }
  await w.visit("/-/start");
});

test("a phone is enough to look after a package", async () => {
  const user = await fresh();
  const name = `${user}/app`;
  for (const tag of ["1.0", "1.1"]) await repo(name).manifest(image({ labels: { tag } }), tag);
  const w = await open({ user, width: 360, height: 740, touch: true, mobile: true });
  await w.visit(`/${name}`);
  const tabs = w.page.getByRole("navigation", { name: "Package" });
  const tap = (link) => w.loads(() => link.tap());
  await tap(tabs.getByRole("link", { name: /^Versions/ }));
  await w.look();
  await w.page.locator("input[data-row]").first().tap();
  await w.loads(() => w.button("Delete the chosen versions").tap());
  await w.look();
  await w.loads(() => w.main().locator("button.danger-button").tap());
  await tap(tabs.getByRole("link", { name: "Trash" }));
  await w.look();
  await w.loads(() => w.main().getByRole("button", { name: /^Restore/ }).tap());
  await tap(tabs.getByRole("link", { name: "Settings" }));
  await w.page.locator("input[value=public]").tap();
  await w.loads(() => w.button("Save the visibility").tap());
  await w.look();
  assert.ok(await w.page.locator("input[value=public]").isChecked());
});
