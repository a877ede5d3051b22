// The name of an image is the address of its page, and those of other sites lead there.
import assert from "node:assert/strict";
import { image } from "../lib/oci.js";
import { packagePath } from "../lib/rest.js";
import { berth, open, repo, test } from "../lib/suite.js";

test("addresses of images, and those that GitHub and Forgejo have", async () => {
  const name = "acme/tools/cli";
  const digest = await repo(name).manifest(image(), "1.2");
  const [{ id }] = await berth.as("ada").get(`${packagePath(name)}/versions`);
  const w = await open({ user: "ada" });
  for (const [from, to] of Object.entries({
    [`/${name}:1.2`]: `/${name}:1.2`,
    [`/${name}@${digest}`]: `/${name}@${digest}`,
    [`/${name}:1.2@${digest}`]: null,
    "/orgs/acme/packages": "/acme",
    "/users/acme/packages": "/acme",
    "/orgs/acme/packages/container/package/tools%2Fcli": `/${name}`,
    "/orgs/acme/packages/container/tools%2Fcli/versions": `/${name}/-/versions`,
    "/orgs/acme/packages/container/tools%2Fcli/settings": `/${name}/-/settings`,
    [`/orgs/acme/packages/container/tools%2Fcli/${id}`]: `/${name}:1.2`,
    "/users/acme/packages/container/package/tools%2Fcli": `/${name}`,
    "/acme/tools/pkgs/container/tools%2Fcli": `/${name}`,
    [`/acme/tools/pkgs/container/tools%2Fcli/${id}`]: `/${name}:1.2`,
    "/acme/-/packages": "/acme",
    "/acme/-/packages/container/tools%2Fcli/1.2": `/${name}:1.2`,
    [`/acme/-/packages/container/tools%2Fcli/${digest}`]: `/${name}@${digest}`,
    "/acme/-/packages/settings/container/tools%2Fcli": `/${name}/-/settings`,
    "/orgs/acme/teams": "/acme/-/teams",
    "/orgs/acme/people": "/acme/-/people",
    "/organizations/acme/settings/hooks": "/acme/-/settings/webhooks",
    "/settings/personal-access-tokens/new": "/settings/tokens/new",
  })) {
    const answer = await w.page.goto(from);
    assert.equal(answer.status(), 200, from);
    if (to) assert.equal(w.path, to, from);
    w.clean(from);
  }
  await w.go(`/${name}:none`, 404);
  await w.look();
  await w.go(`/${name}@sha256:${"0".repeat(64)}`, 404);
});

test("what leads elsewhere does not say whether it is there", async () => {
  await repo("acme/hush").manifest(image(), "1");
  const w = await open({ user: "bob" });
  for (const name of ["hush", "none"]) {
    await w.go(`/acme/${name}`, 404);
    assert.equal((await w.page.goto(`/orgs/acme/packages/container/package/${name}`)).status(), 404);
    assert.equal(w.path, `/acme/${name}`);
    assert.equal((await w.page.goto(`/acme/${name}:1`)).status(), 404);
  }
});
