package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/berth-registry/berth/internal/artifact"
)

// findVersion returns the number of a version that is named by that or by a tag. Tags
// are numbers, too: where one name could mean two versions neither is taken, so that
// nobody deletes the wrong one. id:7 and tag:7 say which.
func (c *client) findVersion(ctx context.Context, path, name string) (string, error) {
	id, noTag := strings.CutPrefix(name, "id:")
	tag, noNumber := strings.CutPrefix(name, "tag:")
	_, err := strconv.ParseUint(id, 10, 63)
	number := err == nil && !noNumber
	switch {
	case noTag && number:
		return id, nil
	case strings.Contains(tag, ":"): // a digest, most likely
		return "", fmt.Errorf("%q is neither the number of a version nor a tag", name)
	}
	raw, err := c.do(ctx, http.MethodGet, path+route("/tags/%s", tag), nil)
	if number && refusedAs(err, "manifest_unknown") {
		return name, nil
	}
	if err != nil {
		return "", err
	}
	o, err := parseObject(raw)
	if err != nil {
		return "", err
	}
	id = o.text("version_id")
	if !number || id == name {
		return id, nil
	}
	_, err = c.do(ctx, http.MethodGet, path+"/versions/"+name, nil)
	if err == nil {
		return "", fmt.Errorf("%s is the number of a version, and a tag of version %s: write id:%s or tag:%s", name, id, name, name)
	}
	if refusedAs(err, "version_unknown") {
		return id, nil
	}
	return "", err
}

// refusedAs tells whether a server refused with a code.
func refusedAs(err error, code string) bool {
	answer, ok := errors.AsType[*answerError](err)
	return ok && answer.code == code
}

// showVersion prints a version, for people with a line of each thing it has many of.
func (a *app) showVersion(raw json.RawMessage) error {
	var v struct {
		About struct {
			Platforms []artifact.Platform `json:"platforms"`
		} `json:"about"`
		Attached []struct {
			Kind string `json:"kind"`
		} `json:"attached"`
		Health struct {
			Missing []struct {
				Digest   string `json:"digest"`
				Platform string `json:"platform"`
			} `json:"missing"`
		} `json:"health"`
	}
	o, err := parseObject(raw)
	if err != nil || a.output == outputJSON || json.Unmarshal(raw, &v) != nil {
		return a.show(raw, versionSheet)
	}
	var platforms, attached, missing []string
	for _, p := range v.About.Platforms {
		platforms = append(platforms, p.String())
	}
	for _, part := range v.Attached {
		attached = append(attached, part.Kind)
	}
	for _, m := range v.Health.Missing {
		missing = append(missing, strings.TrimSpace(m.Platform+" "+m.Digest))
	}
	for field, list := range map[string][]string{"platforms": platforms, "attached": attached, "missing": missing} {
		o[field] = strings.Join(list, ",")
	}
	full, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return a.show(full, versionSheet)
}
