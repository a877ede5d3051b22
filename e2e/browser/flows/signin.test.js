import assert from "node:assert/strict";
import { poll } from "../lib/berth.js";
import { berth, open, password, test } from "../lib/suite.js";

test("sign in, and out", async () => {
  const w = await open();
  await w.visit("/");
  await w.follow("Sign in");
  await w.look();
  await w.field("Name").fill("ada");
  await w.field("Password").fill(password);
  await w.submit("Sign in");
  assert.equal(w.path, "/");
  await w.look();
  const [cookie] = (await w.context.cookies()).filter((c) => c.name === "berth_session");
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Lax"]);
  await w.page.getByLabel("Menu of ada").click();
  await w.submit(w.page.getByRole("button", { name: "Sign out" }));
  assert.deepEqual((await w.context.cookies()).filter((c) => c.name === "berth_session"), []);
  await w.page.getByRole("link", { name: "Sign in" }).first().waitFor();
});

test("a wrong password is said, and what was typed stays", async () => {
  const w = await open();
  await w.go("/login");
  await w.field("Name").fill("ada");
  await w.field("Password").fill("wrong");
  await w.submit("Sign in");
  await w.look();
  assert.equal(await w.field("Name").inputValue(), "ada");
  assert.equal(await w.field("Password").inputValue(), "");
  await w.page.getByRole("alert").waitFor();
});

test("who has to sign in comes to where he wanted to go, and nowhere else", async () => {
  const w = await open();
  for (const [next, want] of [["/-/start", "/-/start"], ["//evil.example/", "/"], ["https://evil.example/", "/"], ["/\\evil.example", "/"]]) {
    await w.context.clearCookies();
    await w.go(`/login?next=${encodeURIComponent(next)}`);
    await w.field("Name").fill("ada");
    await w.field("Password").fill(password);
    await w.submit("Sign in");
    assert.equal(w.path, want, `after next=${next}`);
  }
});

test("an account is made with an invitation", async () => {
  const { url } = await berth.as("ada").post("/orgs/acme/invitations");
  const w = await open();
  await w.visit(new URL(url).pathname);
  await w.field("Name").fill("grace");
  await w.field("Password").fill(password);
  await w.field("The same password again").fill(password);
  await w.submit("Make the account");
  await w.look();
  assert.deepEqual((await berth.as("grace").get("/user/orgs")).map((o) => o.login), ["acme"]);
});

test("nobody joins without one", async () => {
  const w = await open();
  await w.visit("/join", { status: 403 });
});

test("what is not there says so, with the number of the request", async () => {
  const w = await open();
  await w.visit("/-/nothing-here", { status: 404 });
  const [, id] = /Request (\w+)/.exec(await w.main().textContent());
  await poll("the log knows it", async () => (await berth.logged()).includes(id));
});
