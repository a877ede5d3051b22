package crash_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// blob is content that says where it comes from in its first line.
type blob struct {
	data   []byte
	digest string
}

// image is one push: a config, layers and a manifest under a tag.
type image struct {
	name, tag string
	blobs     []blob // config first
	manifest  []byte
	digest    string
}

// makeBlob gives the same bytes for the same seed and label.
func makeBlob(seed uint64, label string, size int) blob {
	head := fmt.Sprintf("berth-crash seed=%d %s size=%d\n", seed, label, size)
	key := sha256.Sum256([]byte(head))
	data := make([]byte, len(head)+size)
	copy(data, head)
	// Read of a ChaCha8 never fails.
	_, _ = rand.NewChaCha8(key).Read(data[len(head):])
	return blob{data: data, digest: digestOf(data)}
}

// makeImage gives the same image for the same seed, pusher and number. Sizes
// are spread over orders of magnitude; every fifth image has a layer that other
// pushers push at the same time.
func makeImage(seed uint64, pusher, n int) (image, error) {
	rng := rand.New(rand.NewPCG(seed, uint64(pusher)<<32|uint64(n)))
	img := image{
		name: fmt.Sprintf("admin/crash-%d-%d", pusher, n%2),
		tag:  fmt.Sprintf("t%d", n%7),
	}
	label := fmt.Sprintf("pusher=%d image=%d", pusher, n)
	img.blobs = append(img.blobs, makeBlob(seed, label+" config", 100))
	for i := range 2 {
		size := 1 << (10 + rng.IntN(9)) // 1 KiB to 256 KiB
		img.blobs = append(img.blobs, makeBlob(seed, fmt.Sprintf("%s layer=%d", label, i), size+rng.IntN(size)))
	}
	if n%5 == 4 {
		img.blobs = append(img.blobs, makeBlob(seed, fmt.Sprintf("shared=%d", n/5), 50_000))
	}
	var err error
	img.manifest, err = makeManifest(img.blobs, label)
	img.digest = digestOf(img.manifest)
	return img, err
}

func makeManifest(blobs []blob, label string) ([]byte, error) {
	type descriptor struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int    `json:"size"`
	}
	m := struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     string            `json:"mediaType"`
		Config        descriptor        `json:"config"`
		Layers        []descriptor      `json:"layers"`
		Annotations   map[string]string `json:"annotations"`
	}{SchemaVersion: 2, MediaType: manifestType, Annotations: map[string]string{"crash": label}}
	for i, b := range blobs {
		d := descriptor{"application/vnd.oci.image.layer.v1.tar", b.digest, len(b.data)}
		if i == 0 {
			d.MediaType = "application/vnd.oci.image.config.v1+json"
			m.Config = d
			continue
		}
		m.Layers = append(m.Layers, d)
	}
	return json.Marshal(m)
}

func digestOf(b []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(b)) }
