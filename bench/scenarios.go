package main

import (
	"context"
	"fmt"
	"net/http"
)

// op is one timed operation; i numbers them within a round.
type op func(ctx context.Context, i int) error

// scenario is one line of the report.
type scenario struct {
	name  string
	title string
	conns int   // operations under way at once, each on its own connection
	ops   int   // per round, before -scale; fewer when the round's time is up
	warm  int   // untimed operations before the first round
	wave  bool  // start all connections at once and wait for all before the next wave
	bytes int64 // moved per operation: adds a line to the table of large transfers
	hash  bool  // also measure hashing the same bytes here

	// prepare runs once per target and is not timed.
	prepare func(ctx context.Context, e *env) error
	// round prepares ops operations, untimed, and returns how to do one.
	round func(ctx context.Context, e *env, ops int) (op, error)
	// check runs after each round, untimed; nil when every op checks itself.
	check func(ctx context.Context, e *env) error
}

// allScenarios returns every scenario in the order of the report.
func allScenarios() []scenario {
	var all []scenario
	for _, conns := range []int{1, 8} {
		all = append(all, readScenarios(conns)...)
	}
	all = append(all, scenario{
		name: "blob-get-64m", title: "blob GET 64 MiB", conns: 1, ops: 16, warm: 1, bytes: bigBlob,
		prepare: needBig, round: getBig,
	})
	for _, conns := range []int{1, 8} {
		all = append(all, scenario{
			name: fmt.Sprintf("push-small-c%d", conns), title: "push image, 2 layers of 64 KiB",
			conns: conns, ops: 50 * min(conns, 4), prepare: ready, round: pushSmall,
		})
	}
	return append(all,
		scenario{
			name: "push-layer-patch", title: "push layer 256 MiB, streamed PATCH", conns: 1, ops: 1, bytes: layerBlob, hash: true,
			prepare: ready, round: pushLayer(true),
		},
		scenario{
			name: "push-layer-put", title: "push layer 256 MiB, monolithic PUT", conns: 1, ops: 1, bytes: layerBlob, hash: true,
			prepare: ready, round: pushLayer(false),
		},
		scenario{
			name: "push-contended", title: "push same image and tag, 2 layers of 1 MiB", conns: contenders, ops: 2 * contenders, wave: true,
			prepare: ready, round: pushContended, check: checkContended,
		},
		scenario{
			name: "tags-page", title: "tags, n=100 of 1,000", conns: 1, ops: 300, warm: 5,
			prepare: needTags, round: listPage,
		},
		scenario{
			name: "tags-all", title: "tags, all 1,000", conns: 1, ops: 200, warm: 5,
			prepare: needTags, round: listAll,
		},
		scenario{
			name: "token", title: "token GET with Basic", conns: 1, ops: 50, warm: 1,
			prepare: needTokens, round: getToken,
		},
	)
}

// readScenarios are the small requests of a pull.
func readScenarios(conns int) []scenario {
	kinds := []struct {
		name, title string
		round       func(context.Context, *env, int) (op, error)
	}{
		{"manifest-get-tag", "manifest GET by tag", getManifest(http.MethodGet, false)},
		{"manifest-head-tag", "manifest HEAD by tag", getManifest(http.MethodHead, false)},
		{"manifest-get-digest", "manifest GET by digest", getManifest(http.MethodGet, true)},
		{"blob-head", "blob HEAD", headBlob},
		{"blob-get-1k", "blob GET 1 KiB", getSmall},
	}
	var out []scenario
	for _, k := range kinds {
		out = append(out, scenario{
			name: fmt.Sprintf("%s-c%d", k.name, conns), title: k.title,
			conns: conns, ops: 2000 * min(conns, 4), warm: 50 * conns,
			prepare: needImage, round: k.round,
		})
	}
	return out
}

// ready is the preparation of scenarios that need nothing.
func ready(context.Context, *env) error { return nil }

// needTokens skips registries without a token endpoint.
func needTokens(_ context.Context, e *env) error {
	if e.target.user == "" || !e.c.auth.usesTokens() {
		return errSkip
	}
	return nil
}

func getManifest(method string, byDigest bool) func(context.Context, *env, int) (op, error) {
	return func(_ context.Context, e *env, _ int) (op, error) {
		repo, ref := e.repo("base"), "latest"
		if byDigest {
			ref = e.img.digest
		}
		return func(ctx context.Context, _ int) error {
			return e.c.fetchManifest(ctx, method, repo, ref, e.img)
		}, nil
	}
}

func headBlob(_ context.Context, e *env, _ int) (op, error) {
	repo, digest := e.repo("base"), e.img.blobs[0].digest
	return func(ctx context.Context, _ int) error {
		has, err := e.c.hasBlob(ctx, repo, digest)
		if err == nil && !has {
			return fmt.Errorf("%s: not found", digest)
		}
		return err
	}, nil
}

func getSmall(_ context.Context, e *env, _ int) (op, error) {
	repo, digest := e.repo("base"), e.img.blobs[0].digest
	return func(ctx context.Context, _ int) error {
		return e.c.fetchBlob(ctx, repo, digest, smallBlob)
	}, nil
}

func getBig(_ context.Context, e *env, _ int) (op, error) {
	repo := e.repo("base")
	return func(ctx context.Context, _ int) error {
		return e.c.fetchBlob(ctx, repo, e.big, bigBlob)
	}, nil
}

// pushSmall makes the images of a round beforehand, so that making and hashing
// them is not timed.
func pushSmall(_ context.Context, e *env, ops int) (op, error) {
	images := make([]image, ops)
	tags := make([]string, ops)
	for i := range images {
		var err error
		if images[i], err = newImage(e.seed(), 2, imageLayer); err != nil {
			return nil, err
		}
		tags[i] = fmt.Sprintf("t%d", e.serial.Add(1))
	}
	repo := e.repo("push")
	return func(ctx context.Context, i int) error {
		return e.c.pushImage(ctx, repo, tags[i], images[i])
	}, nil
}

// pushLayer sends one new layer per operation, made while it is sent.
func pushLayer(streamed bool) func(context.Context, *env, int) (op, error) {
	return func(_ context.Context, e *env, ops int) (op, error) {
		seeds, digests := make([]string, ops), make([]string, ops)
		for i := range seeds {
			var err error
			seeds[i] = e.seed()
			if digests[i], err = digestStream(seeds[i], layerBlob); err != nil {
				return nil, err
			}
		}
		repo := e.repo("layer")
		return func(ctx context.Context, i int) error {
			body := streamBody(seeds[i], layerBlob)
			if streamed {
				return e.c.pushStreamed(ctx, repo, digests[i], body)
			}
			return e.c.pushMonolithic(ctx, repo, digests[i], body, layerBlob)
		}, nil
	}
}

// contenders is how many clients push the same thing at once.
const contenders = 32

// pushContended lets each wave of clients push one new image to one tag.
func pushContended(_ context.Context, e *env, ops int) (op, error) {
	images := make([]image, (ops+contenders-1)/contenders)
	for i := range images {
		var err error
		if images[i], err = newImage(e.seed(), 2, 1<<20); err != nil {
			return nil, err
		}
	}
	e.contended = images
	repo := e.repo("same")
	return func(ctx context.Context, i int) error {
		return e.c.pushImage(ctx, repo, contendedTag(i/contenders), images[i/contenders])
	}, nil
}

func contendedTag(wave int) string { return fmt.Sprintf("wave%d", wave) }

// checkContended requires that the first wave's tag and blobs are all there:
// every round has at least that wave.
func checkContended(ctx context.Context, e *env) error {
	repo, img := e.repo("same"), e.contended[0]
	if err := e.c.fetchManifest(ctx, http.MethodGet, repo, contendedTag(0), img); err != nil {
		return err
	}
	for _, b := range img.blobs {
		if err := e.c.fetchBlob(ctx, repo, b.digest, int64(len(b.data))); err != nil {
			return err
		}
	}
	return nil
}

func listPage(_ context.Context, e *env, _ int) (op, error) {
	r := request{method: http.MethodGet, repo: e.repo("tags"), url: tagsPath(e.repo("tags"), tagPage)}
	return func(ctx context.Context, _ int) error {
		a, err := e.c.do(ctx, r, http.StatusOK)
		if err == nil && a.size != e.tagsSize[0] {
			return fmt.Errorf("tags: %d bytes instead of %d", a.size, e.tagsSize[0])
		}
		return err
	}, nil
}

// listAll walks all pages, of the size that the registry prefers.
func listAll(_ context.Context, e *env, _ int) (op, error) {
	return func(ctx context.Context, _ int) error {
		var size int64
		for link := tagsPath(e.repo("tags"), 0); link != ""; {
			a, err := e.c.do(ctx, request{method: http.MethodGet, repo: e.repo("tags"), url: link}, http.StatusOK)
			if err != nil {
				return err
			}
			size += a.size
			link = nextLink(a.header.Get("Link"))
		}
		if size != e.tagsSize[1] {
			return fmt.Errorf("tags: %d bytes instead of %d", size, e.tagsSize[1])
		}
		return nil
	}, nil
}

func getToken(_ context.Context, e *env, _ int) (op, error) {
	repo := e.repo("base")
	return func(ctx context.Context, _ int) error {
		return e.c.auth.request(ctx, repo)
	}, nil
}
