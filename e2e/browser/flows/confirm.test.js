// Who signed in long ago is asked for the password before danger.
import assert from "node:assert/strict";
import { image } from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { berth, fresh, open, repo, test } from "../lib/suite.js";
import { ageSessions } from "../lib/time.js";

const asks = async (w) => (await w.page.locator("h1").textContent()) === "Confirm that it is you";

test("an old session is asked once, and the form goes on", async () => {
  const user = await fresh();
  const name = `${user}/app`;
  await repo(name).manifest(image(), "1");
  const api = berth.as(user), at = packagePath(name);
  const w = await open({ user });
  const other = await open({ user });
  ageSessions(berth, user, 31);

  await w.go(`/${name}/-/settings`);
  await w.main().locator("input[value=public]").check();
  await w.submit("Save the visibility");
  assert.ok(await asks(w));
  await w.look();
  assert.equal((await api.get(at)).visibility, "private");
  await w.page.locator("#confirm").fill("not it");
  await w.submit("Confirm");
  await w.page.getByRole("alert").waitFor();
  assert.equal((await api.get(at)).visibility, "private");
  await w.sure();
  await w.look();
  assert.equal((await api.get(at)).visibility, "public", "the form went on");

  // For half an hour this session is not asked again, for whatever it is.
  await w.page.locator("#confirm").fill(name);
  await w.submit("Delete");
  assert.equal(w.path, `/${user}`);

  // The other session is; and what is no danger asks nobody.
  await other.go("/settings/tokens/new?scopes=read:packages");
  await other.field("Name").fill("reader");
  await other.submit("Make the token");
  assert.ok(!(await asks(other)));
  await other.go("/settings/tokens/new?scopes=delete:packages");
  await other.field("Name").fill("cleaner");
  await other.submit("Make the token");
  assert.ok(await asks(other));
  await other.sure();
  const token = (await other.page.locator("main .copybox code").first().textContent()).trim();
  assert.deepEqual(await berth.as(user, token).get("/user/packages"), []);
});

test("it needs no scripts", async () => {
  const user = await fresh();
  const w = await open({ user, javaScript: false });
  await repo(`${user}/app`).manifest(image(), "1");
  ageSessions(berth, user, 60 * 24);
  await w.go(`/${user}/app/-/settings`);
  await w.page.locator("#confirm").fill(`${user}/app`);
  await w.submit("Delete");
  assert.ok(await asks(w));
  await w.sure();
  await w.visit(`/${user}/-/trash`);
  await w.submit(`Restore ${user}/app`);
  assert.equal(w.path, `/${user}/app`);
});
