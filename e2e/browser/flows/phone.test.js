import assert from "node:assert/strict";
import { open, password, test } from "../lib/suite.js";

test("a phone is enough to sign in, find the menu and look around", async () => {
  const w = await open({ width: 360, height: 740, touch: true, mobile: true, theme: "dark" });
  await w.visit("/");
  await w.page.getByRole("link", { name: "Sign in" }).first().tap();
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
