package clients_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// home makes a home directory in which no client finds anything of the
// machine's owner, and in which 127.0.0.1 is spoken to in plain HTTP.
func home(env *testscript.Env, addr string) error {
	dir := filepath.Join(env.WorkDir, ".home")
	for name, text := range map[string]string{
		"auth.json":                          "{}\n",
		".config/containers/registries.conf": fmt.Sprintf("[[registry]]\nlocation = %q\ninsecure = true\n", addr),
		"storage.conf": fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = %q\nrunroot = %q\n",
			filepath.Join(dir, "graph"), filepath.Join(dir, "run")),
		"containers.conf": fmt.Sprintf("[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\ntmp_dir = %q\n",
			filepath.Join(dir, "tmp")),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{
		"HOME":                    dir,
		"XDG_CONFIG_HOME":         filepath.Join(dir, ".config"),
		"XDG_CACHE_HOME":          filepath.Join(dir, ".cache"),
		"XDG_DATA_HOME":           filepath.Join(dir, ".local"),
		"DOCKER_CONFIG":           filepath.Join(dir, ".docker"),
		"REGISTRY_AUTH_FILE":      filepath.Join(dir, "auth.json"),
		"CONTAINERS_STORAGE_CONF": filepath.Join(dir, "storage.conf"),
		"CONTAINERS_CONF":         filepath.Join(dir, "containers.conf"),
	} {
		env.Setenv(name, value)
	}
	return nil
}
