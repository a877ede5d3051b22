package berth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

const (
	typeConfig = ocispec.MediaTypeImageConfig
	typeLayer  = ocispec.MediaTypeImageLayerGzip
)

// want is the descriptor that desc prints.
func want(mediaType string, n int64) berth.Descriptor {
	return berth.Descriptor{MediaType: mediaType, Digest: berth.Digest(fmt.Sprintf("sha256:%064x", n)), Size: n}
}

// desc prints a descriptor whose digest and size are made from n.
func desc(mediaType string, n int64) string {
	return fmt.Sprintf(`{"mediaType":%q,"digest":"sha256:%064x","size":%d}`, mediaType, n, n)
}

// image prints an image manifest; more goes in front of the other fields.
func image(mediaType, more string) string {
	return fmt.Sprintf(`{%s"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[%s,%s]}`,
		more, mediaType, desc(typeConfig, 1), desc(typeLayer, 2), desc(typeLayer, 3))
}

// index prints an index; more goes in front of the other fields.
func index(mediaType, more string) string {
	return fmt.Sprintf(`{%s"schemaVersion":2,"mediaType":%q,"manifests":[%s]}`,
		more, mediaType, desc(berth.MediaTypeOCIManifest, 4))
}

func TestParseManifest(t *testing.T) {
	t.Parallel()
	references := []berth.Descriptor{want(typeConfig, 1), want(typeLayer, 2), want(typeLayer, 3)}
	children := []berth.Descriptor{want(berth.MediaTypeOCIManifest, 4)}
	oci := func(change func(*berth.Manifest)) berth.Manifest {
		m := berth.Manifest{MediaType: berth.MediaTypeOCIManifest, ArtifactType: typeConfig, References: references}
		change(&m)
		return m
	}
	tests := []struct {
		name, contentType, body string
		want                    berth.Manifest
	}{
		{
			"OCI image", berth.MediaTypeOCIManifest, image(berth.MediaTypeOCIManifest, ""),
			oci(func(*berth.Manifest) {}),
		}, {
			"Docker image", berth.MediaTypeDockerManifest, image(berth.MediaTypeDockerManifest, ""),
			oci(func(m *berth.Manifest) { m.MediaType = berth.MediaTypeDockerManifest }),
		}, {
			"OCI index", berth.MediaTypeOCIIndex, index(berth.MediaTypeOCIIndex, ""),
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex, References: children},
		}, {
			"Docker list", berth.MediaTypeDockerList, index(berth.MediaTypeDockerList, ""),
			berth.Manifest{MediaType: berth.MediaTypeDockerList, References: children},
		}, {
			"media type from the document alone", "", image(berth.MediaTypeOCIManifest, ""),
			oci(func(*berth.Manifest) {}),
		}, {
			"media type from the header alone", berth.MediaTypeOCIManifest,
			strings.Replace(image(berth.MediaTypeOCIManifest, ""), `"mediaType":"`+berth.MediaTypeOCIManifest+`",`, "", 1),
			oci(func(*berth.Manifest) {}),
		}, {
			"header with parameters and in upper case",
			"Application/VND.oci.image.manifest.v1+json; charset=utf-8", image(berth.MediaTypeOCIManifest, ""),
			oci(func(*berth.Manifest) {}),
		}, {
			"artifact type", "", image(berth.MediaTypeOCIManifest, `"artifactType":"application/spdx+json",`),
			oci(func(m *berth.Manifest) { m.ArtifactType = "application/spdx+json" }),
		}, {
			"subject", "", image(berth.MediaTypeOCIManifest, `"subject":`+desc(berth.MediaTypeOCIManifest, 9)+`,`),
			oci(func(m *berth.Manifest) { m.Subject = want("", 9).Digest }),
		}, {
			"subject of an index", "", index(berth.MediaTypeOCIIndex, `"artifactType":"a/b","subject":`+desc("x/y", 9)+`,`),
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex, ArtifactType: "a/b", Subject: want("", 9).Digest, References: children},
		}, {
			"subject null", "", image(berth.MediaTypeOCIManifest, `"subject":null,`),
			oci(func(*berth.Manifest) {}),
		}, {
			"annotations", "", image(berth.MediaTypeOCIManifest, `"annotations":{"a":"b","A":"","\u0063":"\ud83d\ude00"},`),
			oci(func(m *berth.Manifest) { m.Annotations = map[string]string{"a": "b", "A": "", "c": "\U0001f600"} }),
		}, {
			"annotations null", "", image(berth.MediaTypeOCIManifest, `"annotations":null,`),
			oci(func(*berth.Manifest) {}),
		}, {
			"annotations empty", "", image(berth.MediaTypeOCIManifest, `"annotations":{},`),
			oci(func(m *berth.Manifest) { m.Annotations = map[string]string{} }),
		}, {
			"layers null, as Go clients write an empty list", berth.MediaTypeOCIManifest,
			`{"schemaVersion":2,"config":` + desc(typeConfig, 1) + `,"layers":null}`,
			oci(func(m *berth.Manifest) { m.References = references[:1] }),
		}, {
			"layers empty", berth.MediaTypeOCIManifest,
			`{"schemaVersion":2,"config":` + desc(typeConfig, 1) + `,"layers":[]}`,
			oci(func(m *berth.Manifest) { m.References = references[:1] }),
		}, {
			"manifests null", berth.MediaTypeOCIIndex, `{"schemaVersion":2,"manifests":null}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex},
		}, {
			"manifests empty", berth.MediaTypeOCIIndex, `{"schemaVersion":2,"manifests":[]}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex},
		}, {
			"unknown fields of every kind", "",
			image(berth.MediaTypeOCIManifest, `"x":[1,-2.5e+3,true,false,null,"\"\\",{"y":[[],{}]}],"signatures":"no",`),
			oci(func(*berth.Manifest) {}),
		}, {
			"unknown fields of a descriptor", berth.MediaTypeOCIIndex,
			`{"schemaVersion":2,"manifests":[{"platform":{"os":"linux","os.features":["a"]},"data":"e30=","urls":[],` + desc(berth.MediaTypeOCIManifest, 4)[1:] + `]}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex, References: children},
		}, {
			"size zero and the largest", berth.MediaTypeOCIManifest,
			`{"schemaVersion":2,"config":` + desc("", 0) + `,"layers":[` + desc("", 1<<63-1) + `]}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIManifest, References: []berth.Descriptor{want("", 0), want("", 1<<63-1)}},
		}, {
			"sha512", berth.MediaTypeOCIIndex,
			`{"schemaVersion":2,"manifests":[{"digest":"` + sha512Of + `","size":7}]}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex, References: []berth.Descriptor{{Digest: sha512Of, Size: 7}}},
		}, {
			"keys written with escapes", berth.MediaTypeOCIManifest,
			strings.NewReplacer(`"layers"`, `"\u006cayers"`, `"config"`, `"c\u006fnfig"`, `"digest"`, `"\u0064igest"`).Replace(image(berth.MediaTypeOCIManifest, "")),
			oci(func(*berth.Manifest) {}),
		}, {
			"keys in another case are other keys", "",
			image(berth.MediaTypeOCIManifest, `"Layers":[1],"MediaType":7,"MANIFESTS":[],"Config":null,"Subject":"no","\u017fubject":1,`),
			oci(func(*berth.Manifest) {}),
		}, {
			"descriptor keys in another case are other keys", berth.MediaTypeOCIIndex,
			`{"schemaVersion":2,"manifests":[{"Digest":"sha256:0","SIZE":-1,"MediaType":null,` + desc(berth.MediaTypeOCIManifest, 4)[1:] + `]}`,
			berth.Manifest{MediaType: berth.MediaTypeOCIIndex, References: children},
		}, {
			"white space everywhere", "",
			" \t\r\n" + strings.NewReplacer(",", " ,\n\t", ":{", ": {", "]", "\r\n]").Replace(image(berth.MediaTypeOCIManifest, "")) + "\n\n",
			oci(func(*berth.Manifest) {}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseManifest(test.contentType, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseManifestRefuses(t *testing.T) {
	t.Parallel()
	const oci, list = berth.MediaTypeOCIManifest, berth.MediaTypeOCIIndex
	config := `"config":` + desc(typeConfig, 1)
	tests := []struct{ name, contentType, body, msg string }{
		{"content type mismatch", oci, image(berth.MediaTypeDockerManifest, ""), "the Content-Type header says"},
		{"index sent as an image", oci, index(list, ""), "the Content-Type header says"},
		{"document type in upper case", oci, image(strings.ToUpper(oci), ""), "the Content-Type header says"},
		{"no media type at all", "", `{"schemaVersion":2,` + config + `,"layers":[]}`, "no media type"},
		{"header is no media type", "a/b/c", image(oci, ""), "not a media type"},
		{"header with broken parameters", oci + "; =", image(oci, ""), "not a media type"},
		{"application/json", "application/json", image(oci, ""), "is not one of a manifest or an index"},
		{"OCI artifact manifest", "", `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}`, "is not one of"},
		{"schema 1 by header", "application/vnd.docker.distribution.manifest.v1+json", `{}`, "schema 1 is not supported"},
		{"schema 1 signed", "application/vnd.docker.distribution.manifest.v1+prettyjws", `{}`, "schema 1 is not supported"},
		{"schema 1 by version", oci, `{"schemaVersion":1,` + config + `,"layers":[]}`, "schema 1 is not supported"},
		{"schema 3", oci, `{"schemaVersion":3,` + config + `,"layers":[]}`, "schemaVersion must be 2"},
		{"no schemaVersion", oci, `{` + config + `,"layers":[]}`, "schemaVersion must be 2"},
		{"schemaVersion 2.0", oci, `{"schemaVersion":2.0}`, "2.0 is not a whole number"},
		{"schemaVersion a string", oci, `{"schemaVersion":"2"}`, "schemaVersion: expected a number"},
		{"schemaVersion null", oci, `{"schemaVersion":null}`, "schemaVersion: expected a number"},
		{"image with manifests too", oci, image(oci, `"manifests":[],`), "must not have a manifests list"},
		{"image with manifests null", oci, image(oci, `"manifests":null,`), "must not have a manifests list"},
		{"index with layers too", list, index(list, `"layers":[],`), "must not have config or layers"},
		{"index with layers null", list, index(list, `"layers":null,`), "must not have config or layers"},
		{"index with escaped layers", list, index(list, `"\u006cayers":[],`), "must not have config or layers"},
		{"index with config too", list, index(list, config+`,`), "must not have config or layers"},
		{"index without manifests", list, `{"schemaVersion":2}`, "an index needs a manifests list"},
		{"index with Manifests only", list, `{"schemaVersion":2,"Manifests":[]}`, "an index needs a manifests list"},
		{"no config", oci, `{"schemaVersion":2,"layers":[]}`, "config is missing"},
		{"Config only", oci, `{"schemaVersion":2,"Config":` + desc(typeConfig, 1) + `,"layers":[]}`, "config is missing"},
		{"config null", oci, `{"schemaVersion":2,"config":null,"layers":[]}`, "config: expected an object"},
		{"config a list", oci, `{"schemaVersion":2,"config":[],"layers":[]}`, "config: expected an object"},
		{"no layers", oci, `{"schemaVersion":2,` + config + `}`, "layers is missing"},
		{"Layers only", oci, `{"schemaVersion":2,` + config + `,"Layers":[]}`, "layers is missing"},
		{"layers an object", oci, image(oci, `"x":1,"layers":{},`), "layers: expected a list"},
		{"layers a string", oci, `{"layers":"x"}`, "layers: expected a list"},
		{"layer null", oci, `{"layers":[null]}`, "layers: [0]: expected an object"},
		{"subject a string", oci, image(oci, `"subject":"`+sha256Of+`",`), "subject: expected an object"},
		{"subject empty", oci, image(oci, `"subject":{},`), "subject: digest invalid"},
		{"subject without a size", oci, image(oci, `"subject":{"digest":"`+sha256Of+`"},`), "subject: size is missing"},
		{"mediaType null", oci, `{"mediaType":null}`, "mediaType: expected a string"},
		{"mediaType a number", oci, `{"mediaType":1}`, "mediaType: expected a string"},
		{"artifactType a list", oci, `{"artifactType":[]}`, "artifactType: expected a string"},
		{"annotations a list", oci, `{"annotations":[]}`, "annotations: expected an object"},
		{"annotation a number", oci, `{"annotations":{"a":1}}`, "annotations: a: expected a string"},
		{"annotation null", oci, `{"annotations":{"a":null}}`, "annotations: a: expected a string"},
		{"annotation an object", oci, `{"annotations":{"a":{}}}`, "annotations: a: expected a string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := berth.ParseManifest(test.contentType, []byte(test.body))
			checkMessage(t, err, berth.ErrManifestInvalid, test.msg)
			if got != nil {
				t.Errorf("got %+v beside the error", got)
			}
		})
	}
}

func TestParseManifestDescriptors(t *testing.T) {
	t.Parallel()
	tests := []struct{ descriptor, msg string }{
		{`{}`, "digest invalid"},
		{`{"size":1}`, "digest invalid: expected ALGORITHM:HEX"},
		{`{"size":1,"digest":""}`, "digest invalid: expected ALGORITHM:HEX"},
		{`{"size":1,"digest":null}`, "digest: expected a string"},
		{`{"size":1,"digest":"md5:aa"}`, "algorithm not supported"},
		{`{"size":1,"digest":"sha256:` + strings.Repeat("A", 64) + `"}`, "lower-case hex"},
		{`{"size":1,"Digest":"` + sha256Of + `"}`, "digest invalid"},
		{`{"digest":"` + sha256Of + `"}`, "size is missing"},
		{`{"Size":1,"digest":"` + sha256Of + `"}`, "size is missing"},
		{`{"size":null,"digest":"` + sha256Of + `"}`, "size: expected a number"},
		{`{"size":"1","digest":"` + sha256Of + `"}`, "size: expected a number"},
		{`{"size":true,"digest":"` + sha256Of + `"}`, "size: expected a number"},
		{`{"size":-1,"digest":"` + sha256Of + `"}`, "-1 is not a whole number"},
		{`{"size":1.5,"digest":"` + sha256Of + `"}`, "1.5 is not a whole number"},
		{`{"size":2.0,"digest":"` + sha256Of + `"}`, "2.0 is not a whole number"},
		{`{"size":1e3,"digest":"` + sha256Of + `"}`, "1e3 is not a whole number"},
		{`{"size":9223372036854775808,"digest":"` + sha256Of + `"}`, "9223372036854775808 is not a whole number"},
		{`{"size":1` + strings.Repeat("0", 1000) + `,"digest":"` + sha256Of + `"}`, "10000000000000000000 is not a whole number"},
		{`{"mediaType":7,"size":1,"digest":"` + sha256Of + `"}`, "mediaType: expected a string"},
		{`{"size":1,"size":1,"digest":"` + sha256Of + `"}`, `key "size" appears twice`},
		{`"` + sha256Of + `"`, "expected an object"},
	}
	for _, test := range tests {
		t.Run(test.descriptor[:min(60, len(test.descriptor))], func(t *testing.T) {
			t.Parallel()
			for _, format := range []string{`{"layers":[%s]}`, `{"manifests":[%s]}`, `{"config":%s}`, `{"subject":%s}`} {
				_, err := berth.ParseManifest("", fmt.Appendf(nil, format, test.descriptor))
				checkMessage(t, err, berth.ErrManifestInvalid, test.msg)
			}
		})
	}
}

func TestParseManifestMaxReferences(t *testing.T) {
	t.Parallel()
	list := func(n int) string { return strings.Repeat(desc(typeLayer, 2)+",", n-1) + desc(typeLayer, 2) }
	full := `{"schemaVersion":2,"config":` + desc(typeConfig, 1) + `,"layers":[` + list(berth.MaxReferences) + `]}`
	m, err := berth.ParseManifest(berth.MediaTypeOCIManifest, []byte(full))
	if err != nil || len(m.References) != berth.MaxReferences+1 {
		t.Fatalf("%d descriptors: %v", berth.MaxReferences, err)
	}
	for _, key := range []string{"layers", "manifests"} {
		_, err := berth.ParseManifest("", []byte(`{"`+key+`":[`+list(berth.MaxReferences+1)+`]}`))
		checkMessage(t, err, berth.ErrManifestInvalid, "more than 4096 entries")
	}
}

func TestDescriptorForeign(t *testing.T) {
	t.Parallel()
	for mediaType, want := range map[string]bool{
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":         true,
		"application/vnd.oci.image.layer.nondistributable.v1.tar":           true,
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip":      true,
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd":      true,
		"application/vnd.docker.image.rootfs.diff.tar.gzip":                 false,
		"application/vnd.oci.image.layer.v1.tar+gzip":                       false,
		"Application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":         false,
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip; a=b":    false,
		"text/application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": false,
		"": false,
	} {
		if got := (berth.Descriptor{MediaType: mediaType}).Foreign(); got != want {
			t.Errorf("%q: Foreign() = %t, want %t", mediaType, got, want)
		}
	}
}

func TestManifestIndex(t *testing.T) {
	t.Parallel()
	for mediaType, want := range map[string]bool{
		berth.MediaTypeOCIIndex: true, berth.MediaTypeDockerList: true,
		berth.MediaTypeOCIManifest: false, berth.MediaTypeDockerManifest: false,
	} {
		if got := (&berth.Manifest{MediaType: mediaType}).Index(); got != want {
			t.Errorf("%s: Index() = %t, want %t", mediaType, got, want)
		}
	}
}

// Only one kind of error, whatever is sent.
func TestParseManifestErrorsAreNamed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{", "[]", "null", `"x"`, "7", `{"config":{"digest":"x"}}`} {
		if _, err := berth.ParseManifest("", []byte(body)); !errors.Is(err, berth.ErrManifestInvalid) {
			t.Errorf("%q: %v", body, err)
		}
	}
}
