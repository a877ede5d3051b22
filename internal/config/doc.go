// Package config is the typed configuration: defaults, overridden by a YAML file,
// by BERTH_… in the environment, and by flags. It reads nothing by itself; what it
// needs is handed to [Load]. It knows no other package of Berth.
package config
