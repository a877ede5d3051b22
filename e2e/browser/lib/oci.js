// A small client that pushes and pulls, and the things that it pushes.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export const types = {
  image: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  empty: "application/vnd.oci.empty.v1+json",
  intoto: "application/vnd.in-toto+json",
  signature: "application/vnd.dev.cosign.simplesigning.v1+json",
  bundle: "application/vnd.dev.sigstore.bundle.v0.3+json",
  spdx: "application/spdx+json",
  cyclonedx: "application/vnd.cyclonedx+json",
  helmConfig: "application/vnd.cncf.helm.config.v1+json",
  helmChart: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
};

export const digestOf = (bytes) => "sha256:" + createHash("sha256").update(bytes).digest("hex");

// blob describes some bytes; what is not bytes is written as JSON.
export function blob(mediaType, content, more = {}) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length, ...more } };
}

// Repo is a package as somebody pushes to it.
export class Repo {
  constructor(berth, name, user, secret) {
    Object.assign(this, { berth, name, user, secret });
  }

  async bearer() {
    const scope = `repository:${this.name}:pull,push,delete`;
    const answer = await fetch(`${this.berth.url}/token?service=${this.berth.host}&scope=${encodeURIComponent(scope)}`, {
      headers: this.user ? { Authorization: "Basic " + Buffer.from(`${this.user}:${this.secret}`).toString("base64") } : {},
    });
    if (!answer.ok) throw new Error(`/token for ${this.name}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).token;
  }

  async call(method, path, { body, headers = {}, ok = [200, 201, 202] } = {}) {
    this.token ??= await this.bearer();
    const answer = await fetch(new URL(path, `${this.berth.url}/v2/${this.name}/`), {
      method, body, headers: { Authorization: `Bearer ${this.token}`, ...headers },
    });
    if (!ok.includes(answer.status)) throw new Error(`${method} ${this.name} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async blob(b) {
    const opened = await this.call("POST", "blobs/uploads/");
    const to = new URL(opened.headers.get("location"), this.berth.url);
    to.searchParams.set("digest", b.descriptor.digest);
    await this.call("PUT", to.href, { body: b.bytes, headers: { "Content-Type": "application/octet-stream" } });
  }

  // manifest pushes a manifest and all that it needs: see image and the others below.
  async manifest(m, ...tags) {
    for (const b of m.blobs ?? []) await this.blob(b);
    for (const child of m.children ?? []) await this.manifest(child);
    for (const tag of tags.length ? tags : [m.descriptor.digest]) {
      await this.call("PUT", `manifests/${tag}`, { body: m.bytes, headers: { "Content-Type": m.descriptor.mediaType } });
    }
    for (const other of m.referrers ?? []) await this.manifest(other);
    return m.descriptor.digest;
  }

  async pull(reference) {
    const answer = await this.call("GET", `manifests/${reference}`, { headers: { Accept: `${types.image}, ${types.index}` } });
    return answer.json();
  }
}

// manifest makes what Repo.manifest pushes.
export function manifest(content, blobs = [], children = []) {
  const m = blob(content.mediaType, content);
  return { ...m, blobs, children, referrers: [] };
}

// noise is what compresses badly, the same for the same name.
export function noise(name, size) {
  const parts = [];
  for (let n = 0, at = createHash("sha256").update(name).digest(); n < size; n += at.length) {
    parts.push(at);
    at = createHash("sha256").update(at).digest();
  }
  return Buffer.concat(parts).subarray(0, size);
}

export const layer = (name, size = 2000) => blob(types.layer, gzipSync(noise(name, size)));

// image is one for one platform. steps are {by, layer?} in the order of the Dockerfile.
export function image({ os = "linux", architecture = "amd64", variant, steps = [], config = {}, labels, annotations, created, author, artifactType } = {}) {
  if (!steps.length) steps = [{ by: "/bin/sh -c #(nop) ADD file:base in / ", layer: layer(`base ${architecture}`) }];
  const layers = steps.filter((s) => s.layer);
  const settings = blob(types.config, {
    created: created ?? "2026-11-01T10:00:00Z", author, architecture, os, variant,
    config: { Env: ["PATH=/usr/local/bin:/usr/bin:/bin"], Labels: labels, ...config },
    rootfs: { type: "layers", diff_ids: layers.map((s) => s.layer.descriptor.digest) },
    history: steps.map((s) => ({ created: created ?? "2026-11-01T10:00:00Z", created_by: s.by, ...(s.layer ? {} : { empty_layer: true }) })),
  });
  const m = manifest({
    schemaVersion: 2, mediaType: types.image, artifactType, config: settings.descriptor, layers: layers.map((s) => s.layer.descriptor), annotations,
  }, [settings, ...layers.map((s) => s.layer)]);
  m.platform = { os, architecture, ...(variant ? { variant } : {}) };
  return m;
}

// attestations is what BuildKit puts beside an image into its index.
export function attestations(of, { sbom, provenance } = {}) {
  const statements = [];
  const subject = [{ name: "_", digest: { sha256: of.descriptor.digest.slice(7) } }];
  const statement = (predicateType, predicate) =>
    blob(types.intoto, { _type: "https://in-toto.io/Statement/v0.1", predicateType, subject, predicate }, { annotations: { "in-toto.io/predicate-type": predicateType } });
  if (sbom) statements.push(statement("https://spdx.dev/Document", sbom));
  if (provenance) statements.push(statement("https://slsa.dev/provenance/v0.2", provenance));
  const settings = blob(types.config, { architecture: "unknown", os: "unknown", config: {}, rootfs: { type: "layers", diff_ids: statements.map((s) => s.descriptor.digest) } });
  const m = manifest({ schemaVersion: 2, mediaType: types.image, config: settings.descriptor, layers: statements.map((s) => s.descriptor) }, [settings, ...statements]);
  m.platform = { os: "unknown", architecture: "unknown" };
  m.annotations = { "vnd.docker.reference.digest": of.descriptor.digest, "vnd.docker.reference.type": "attestation-manifest" };
  return m;
}

// index is one of several images; extra is put beside them.
export function index(images, { annotations } = {}) {
  return manifest({
    schemaVersion: 2, mediaType: types.index, annotations,
    manifests: images.map((m) => ({ ...m.descriptor, platform: m.platform, ...(m.annotations ? { annotations: m.annotations } : {}) })),
  }, [], images);
}

// attached is something that refers to a version.
export function attached(to, artifactType, content, { mediaType = artifactType, annotations, layerAnnotations } = {}) {
  const settings = blob(types.empty, "{}");
  const what = blob(mediaType, content, layerAnnotations ? { annotations: layerAnnotations } : {});
  return manifest({
    schemaVersion: 2, mediaType: types.image, artifactType, config: settings.descriptor, layers: [what.descriptor], subject: to.descriptor, annotations,
  }, [settings, what]);
}

export function signature(of) {
  return attached(of, types.bundle, {
    mediaType: types.bundle,
    verificationMaterial: { certificate: { rawBytes: "MIIB" }, tlogEntries: [] },
    dsseEnvelope: { payload: "", payloadType: types.intoto, signatures: [{ sig: noise(of.descriptor.digest, 64).toString("base64") }] },
  }, { annotations: { "dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1" } });
}

// chart is a Helm chart.
export function chart({ name, version, description, appVersion = version, home, annotations }) {
  const settings = blob(types.helmConfig, { name, version, description, apiVersion: "v2", appVersion, type: "application", home });
  const content = blob(types.helmChart, gzipSync(noise(`${name}-${version}`, 9000)));
  return manifest({
    schemaVersion: 2, mediaType: types.image, config: settings.descriptor, layers: [content.descriptor],
    annotations: { "org.opencontainers.image.title": name, "org.opencontainers.image.version": version, "org.opencontainers.image.description": description, ...annotations },
  }, [settings, content]);
}

// spdx is a list of components as BuildKit's scanner writes it.
export function spdx(name, packages) {
  return {
    spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name,
    documentNamespace: `https://example.com/spdx/${name}`, creationInfo: { created: "2026-11-01T10:00:00Z", creators: ["Tool: syft-1.20.0"] },
    packages: packages.map(([n, version, license], i) => ({
      SPDXID: `SPDXRef-Package-${i}`, name: n, versionInfo: version, licenseDeclared: license, downloadLocation: "NOASSERTION",
      externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: `pkg:deb/debian/${n}@${version}` }],
    })),
  };
}

// slsa is where an image came from, as BuildKit writes it.
export function slsa(source, revision) {
  return {
    builder: { id: "https://github.com/acme/web/actions/runs/7342" },
    buildType: "https://mobyproject.org/buildkit@v1",
    materials: [{ uri: "pkg:docker/debian@bookworm-slim?platform=linux%2Famd64", digest: { sha256: createHash("sha256").update("debian").digest("hex") } }],
    invocation: { configSource: { entryPoint: "Dockerfile" }, parameters: { frontend: "dockerfile.v0" }, environment: { platform: "linux/amd64" } },
    metadata: {
      buildInvocationID: "k0n3k0n3", buildStartedOn: "2026-11-01T09:58:00Z", buildFinishedOn: "2026-11-01T10:00:00Z", reproducible: false,
      completeness: { parameters: true, environment: true, materials: false },
      "https://mobyproject.org/buildkit@v1#metadata": { vcs: { source, revision } },
    },
  };
}
