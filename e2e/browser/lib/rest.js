// A small client of the REST API. Whatever is no success is an error.
export class Rest {
  constructor(url, user, secret) {
    this.url = url;
    this.user = user;
    this.header = "Basic " + Buffer.from(`${user}:${secret}`).toString("base64");
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.url}/api/v3${path}`, {
      method,
      headers: { Authorization: this.header, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  get(path) { return this.call("GET", path); }
  post(path, body = {}) { return this.call("POST", path, body); }
  put(path, body = {}) { return this.call("PUT", path, body); }
  patch(path, body) { return this.call("PATCH", path, body); }
  delete(path) { return this.call("DELETE", path); }

}

// packagePath is where the API has a package, OWNER/NAME.
export function packagePath(name) {
  const [owner, ...rest] = name.split("/");
  return `/users/${owner}/packages/container/${encodeURIComponent(rest.join("/"))}`;
}
