import assert from "node:assert/strict";
import { fresh, open, password, test } from "../lib/suite.js";
import { totp } from "../lib/totp.js";

async function signIn(w, user) {
  await w.go("/login");
  await w.field("Name").fill(user);
  await w.field("Password").fill(password);
  await w.submit("Sign in");
}

test("a second factor is set up, asked for, and switched off", async () => {
  const user = await fresh();
  const w = await open({ user });
  const other = await open({ user });
  await w.visit("/settings/security");
  await w.page.locator("#factor-password").fill(password);
  await w.submit("Set it up");
  await w.look();
  await w.page.getByRole("img", { name: /QR code/ }).waitFor();
  const secret = (await w.page.locator("main .copybox code").first().textContent()).trim();
  await w.field("Code").fill("000000");
  await w.submit("Switch it on");
  await w.page.getByRole("alert").waitFor();
  await w.field("Code").fill(totp(secret));
  await w.submit("Switch it on");
  await w.look();
  const codes = (await w.page.locator("main .copybox code").first().textContent()).trim().split(/\s+/);
  assert.equal(codes.length, 10);
  await other.page.goto("/settings/security");
  assert.match(other.path, /^\/login/, "other sessions have ended");

  const next = await open();
  await signIn(next, user);
  await next.look();
  await next.field("Code").fill("123456");
  await next.submit("Sign in");
  await next.page.getByRole("alert").waitFor();
  await next.field("Code").fill(codes[0]);
  await next.submit("Sign in");
  await next.page.getByLabel(`Menu of ${user}`).waitFor();

  const again = await open();
  await signIn(again, user);
  await again.field("Code").fill(codes[0]);
  await again.submit("Sign in");
  await again.page.getByRole("alert").waitFor(); // each is good once
  await again.field("Code").fill(totp(secret, Date.now(), 1));
  await again.submit("Sign in");
  await again.page.getByLabel(`Menu of ${user}`).waitFor();

  await again.visit("/settings/security");
  await again.page.locator("#off-password").fill(password);
  await again.page.locator("#off-code").fill(codes[1]);
  await again.submit("Switch it off");
  await again.context.clearCookies();
  await signIn(again, user);
  await again.page.getByLabel(`Menu of ${user}`).waitFor();
});
