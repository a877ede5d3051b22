package restapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// decode reads a JSON object into a struct of flat fields. encoding/json alone would
// fold the case of keys and take the last of two that are the same, which is not
// what somebody in between may have read; and it words errors in terms of Go.
func decode(body []byte, into any) error {
	var object map[string]json.RawMessage
	err := json.Unmarshal(body, &object)
	if _, bad := errors.AsType[*json.SyntaxError](err); bad && len(bytes.TrimSpace(body)) > 0 {
		return fmt.Errorf("the body is not valid JSON: %w", err)
	}
	fields := fieldsOf(into)
	if err != nil || object == nil {
		return fmt.Errorf("expected a JSON object as the body, of %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	}
	seen := make(map[string]bool, len(object))
	d := json.NewDecoder(bytes.NewReader(body))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		key, _ := token.(string)
		field, ok := fields[key]
		switch {
		case !ok:
			return fmt.Errorf("unknown field %.60q; expected %s", key, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		case seen[key]:
			return fmt.Errorf("field %q is given twice", key)
		case json.Unmarshal(value, field.Addr().Interface()) != nil:
			return fmt.Errorf("field %q: expected %s", key, expected(field.Type()))
		}
		seen[key] = true
	}
	return nil
}

// fieldsOf returns the fields of the struct that a pointer is to, by JSON name.
func fieldsOf(into any) map[string]reflect.Value {
	v := reflect.ValueOf(into).Elem()
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = v.Field(i)
	}
	return fields
}

// expected names the JSON that a field takes.
func expected(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[scopeList]():
		return "a string or a list of strings"
	case reflect.TypeFor[defaultVisibility]():
		return "a string or null"
	case reflect.TypeFor[configObject]():
		return "an object of url, content_type, secret and insecure_ssl, which are strings"
	case reflect.TypeFor[zeroOrNo]():
		return `"0" or "1"`
	case reflect.TypeFor[time.Time]():
		return "a time such as 2026-01-31T12:00:00Z"
	}
	switch t.Kind() { //nolint:exhaustive // what bodies have; a test knows them all
	case reflect.Pointer:
		return expected(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Int64 {
			return "a list of whole numbers"
		}
		return "a list of strings"
	}
	return "a whole number"
}
