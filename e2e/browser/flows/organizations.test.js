import assert from "node:assert/strict";
import { image } from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { berth, fresh, open, repo, test } from "../lib/suite.js";

test("a team is made, filled, given a role and deleted", async () => {
  const ada = berth.as("ada");
  const w = await open({ user: "ada" });
  await w.visit("/acme/-/teams");
  await w.field("New team").fill("Designers");
  await w.submit("Make the team");
  await w.look();
  assert.equal(w.path, "/acme/-/teams/Designers");
  await w.field("Member of acme").fill("mia");
  await w.submit("Add");
  await w.sure();
  assert.deepEqual((await ada.get("/orgs/acme/teams/designers/members")).map((m) => m.login), ["mia"]);
  await repo("acme/art").manifest(image(), "1");
  await ada.put(`${packagePath("acme/art")}/roles/teams/designers`, { role: "write" });
  await repo("acme/art", "mia").manifest(image({ labels: { by: "mia" } }), "2");
  await w.submit(w.main().getByRole("button", { name: "Remove mia from the team" }));
  await w.sure();
  await w.page.locator("input[data-name]").fill("designers");
  const remove = w.button("Delete");
  await w.page.locator("input[data-name]").fill("Designer");
  assert.ok(await remove.isDisabled(), "the name has to be typed");
  await w.page.locator("input[data-name]").fill("Designers");
  await w.submit(remove);
  await w.sure();
  assert.deepEqual((await ada.get("/orgs/acme/teams")).map((t) => t.name), []);
});

test("somebody is offered, added as a member, made an owner and removed", async () => {
  const user = await fresh();
  const w = await open({ user: "ada" });
  await w.visit("/acme/-/people");
  const offered = w.page.waitForResponse((r) => r.url().includes("/-/suggest"));
  await w.field("Add a user").pressSequentially(user.slice(0, -1));
  await offered;
  await w.page.locator(`datalist option[value="${user}"]`).waitFor({ state: "attached" });
  await w.field("Add a user").fill(user);
  await w.submit("Add");
  await w.sure();
  await w.submit(w.main().getByRole("button", { name: `Make an owner: ${user}` }));
  await w.sure();
  assert.equal((await berth.as("ada").get(`/orgs/acme/memberships/${user}`)).role, "admin");
  await w.submit(w.main().getByRole("button", { name: `Remove ${user}` }));
  await w.sure();
  await w.look();
  await assert.rejects(berth.as("ada").get(`/orgs/acme/memberships/${user}`), / 404 /);
});

test("strangers see of an organization what is public", async () => {
  await repo("acme/hidden").manifest(image(), "1");
  await repo("acme/shown").manifest(image(), "1");
  await berth.as("ada").patch(packagePath("acme/shown"), { visibility: "public" });
  const w = await open({ user: "bob" });
  await w.visit("/acme");
  await w.says("acme/shown");
  assert.equal(await w.main().getByText("acme/hidden").count(), 0);
  assert.equal((await w.page.goto("/acme/-/settings")).status(), 404);
});

test("the search finds what one may see, and nothing else", async () => {
  await repo("acme/secret-plan").manifest(image(), "1");
  const [mine, other] = [await open({ user: "ada" }), await open({ user: "bob" })];
  for (const [w, count] of [[mine, 1], [other, 0]]) {
    await w.go("/");
    await w.page.keyboard.press("/");
    await w.page.keyboard.type("secret-plan");
    await w.loads(() => w.page.keyboard.press("Enter"));
    await w.look();
    assert.equal(await w.main().getByRole("link", { name: "acme/secret-plan" }).count(), count);
  }
});
