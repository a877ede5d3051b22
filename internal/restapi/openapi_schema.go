package restapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/berth-registry/berth"
)

// schemas makes JSON Schema of Go types, by the rules of encoding/json: a pointer may
// be null, omitempty may be missing, everything else is there, and nothing else is.
// Every struct gets a schema of its own, to which others refer.
type schemas struct {
	named map[string]*jsonschema.Schema
	types map[string]reflect.Type // by name, to notice two of one name
	known map[reflect.Type]*jsonschema.Schema
}

func newSchemas() *schemas {
	return &schemas{
		named: map[string]*jsonschema.Schema{},
		types: map[string]reflect.Type{},
		known: map[reflect.Type]*jsonschema.Schema{
			reflect.TypeFor[time.Time]():         {Type: "string", Format: "date-time"},
			reflect.TypeFor[json.RawMessage]():   {Types: []string{"object", "string", "null"}},
			reflect.TypeFor[zeroOrNo]():          {Types: []string{"string", "integer", "null"}},
			reflect.TypeFor[defaultVisibility](): {Types: []string{"string", "null"}},
			reflect.TypeFor[scopeList](): {AnyOf: []*jsonschema.Schema{
				{Type: "string"}, {Type: "array", Items: &jsonschema.Schema{Type: "string"}},
			}},
			reflect.TypeFor[berth.Visibility](): {Type: "string", Enum: []any{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic}},
		},
	}
}

// nameOf is what the document calls a struct.
func nameOf(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[document]():
		return "Error"
	case reflect.TypeFor[documentError]():
		return "ErrorCode"
	case reflect.TypeFor[jsonRepository]():
		return "LinkedRepository"
	case reflect.TypeFor[jsonInvitation]():
		return "NewInvitation"
	}
	name := strings.TrimSuffix(strings.TrimPrefix(t.Name(), "json"), "Doc")
	return strings.ToUpper(name[:1]) + name[1:]
}

// of is the schema of a value's type, or one that allows those of several.
func (s *schemas) of(v any) (*jsonschema.Schema, error) {
	choice, ok := v.(either)
	if !ok {
		return s.ofType(reflect.TypeOf(v))
	}
	var list []*jsonschema.Schema
	for _, v := range choice {
		schema, err := s.of(v)
		if err != nil {
			return nil, err
		}
		list = append(list, schema)
	}
	return &jsonschema.Schema{AnyOf: list}, nil
}

func (s *schemas) ofType(t reflect.Type) (*jsonschema.Schema, error) {
	ref, err := s.refer(t)
	if ref != nil || err != nil {
		return ref, err
	}
	return s.infer(t, t)
}

// refer makes the schema of a struct, unless it is there, and returns a reference to
// it; nil for what is no struct, or has a schema that is known.
func (s *schemas) refer(t reflect.Type) (*jsonschema.Schema, error) {
	if t.Kind() != reflect.Struct || s.known[t] != nil {
		return nil, nil //nolint:nilnil // there is none
	}
	name := nameOf(t)
	ref := &jsonschema.Schema{Ref: "#/components/schemas/" + name}
	switch s.types[name] {
	case t:
		return ref, nil
	case nil:
		s.types[name] = t
	default:
		return nil, fmt.Errorf("%s and %s are both called %s; rename one, or see nameOf", s.types[name], t, name)
	}
	var parts []reflect.Type
	for _, field := range reflect.VisibleFields(t) {
		if !field.Anonymous && field.IsExported() && field.Tag.Get("json") != "-" {
			parts = append(parts, field.Type)
		}
	}
	var err error
	s.named[name], err = s.infer(t, parts...)
	return ref, err
}

// infer makes the schema of a type, in which structs of its parts are references.
func (s *schemas) infer(t reflect.Type, parts ...reflect.Type) (*jsonschema.Schema, error) {
	known := maps.Clone(s.known)
	for _, part := range parts {
		for s.known[part] == nil && slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, part.Kind()) {
			part = part.Elem()
		}
		ref, err := s.refer(part)
		if err != nil {
			return nil, err
		}
		if ref != nil {
			known[part] = ref
		}
	}
	schema, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: known})
	if err != nil {
		return nil, err
	}
	mend("", schema)
	return schema, nil
}

// errorCodes are all that an error may say.
func errorCodes() []any {
	var list []any
	for _, id := range slices.Sorted(maps.Keys(statuses())) {
		list = append(list, id)
	}
	return list
}

// mend says in a schema what the library cannot know. Our lists are never null, a
// reference beside "or null" needs a choice, and times and visibilities are printed
// as plain strings.
func mend(name string, s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if slices.Equal(s.Types, []string{"null", "array"}) {
		s.Types, s.Type = nil, "array"
	}
	if s.Ref != "" && slices.Contains(s.Types, "null") {
		s.AnyOf = []*jsonschema.Schema{{Ref: s.Ref}, {Type: "null"}}
		s.Ref, s.Types = "", nil
	}
	if strings.HasSuffix(name, "_at") && (s.Type == "string" || slices.Contains(s.Types, "string")) {
		s.Format = "date-time"
	}
	if name == "visibility" && s.Enum == nil {
		s.Enum = []any{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic}
		if s.Types != nil {
			s.Enum = append(s.Enum, nil)
		}
	}
	for name, property := range s.Properties {
		mend(name, property)
	}
	mend("", s.Items)
	mend("", s.AdditionalProperties)
}
