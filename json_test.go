package berth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
)

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	oci := berth.MediaTypeOCIManifest
	good := image(oci, "")
	nest := func(open, shut string, n int) string {
		return image(oci, `"x":`+strings.Repeat(open, n)+strings.Repeat(shut, n)+`,`)
	}
	tests := []struct{ name, body, msg string }{
		{"good", good, ""},
		{"empty", "", "not valid JSON"},
		{"white space", " \n", "not valid JSON"},
		{"null", "null", "expected an object"},
		{"list", "[" + good + "]", "expected an object"},
		{"string", `"` + sha256Of + `"`, "expected an object"},
		{"cut off", good[:len(good)-1], "not valid JSON"},
		{"trailing brace", good + "}", "not valid JSON"},
		{"trailing word", good + " x", "not valid JSON"},
		{"trailing document", good + "\n" + good, "not valid JSON"},
		{"trailing zero byte", good + "\x00", "not valid JSON"},
		{"comma at the end", good[:len(good)-1] + ",}", "not valid JSON"},
		{"comment", "/* */" + good, "not valid JSON"},
		{"byte order mark", "\ufeff" + good, "not valid JSON"},
		{"UTF-16", strings.ReplaceAll(good, "", "\x00"), "not valid JSON"},
		{"invalid UTF-8 in a string", image(oci, "\"x\":\"\xff\","), "not valid UTF-8"},
		{"invalid UTF-8 in a key", image(oci, "\"\xc3\x28\":1,"), "not valid UTF-8"},
		{"overlong UTF-8", image(oci, "\"x\":\"\xc0\xaf\","), "not valid UTF-8"},
		{"surrogate in UTF-8", image(oci, "\"x\":\"\xed\xa0\x80\","), "not valid UTF-8"},
		{"control character in a string", image(oci, "\"x\":\"\n\","), "not valid JSON"},
		{"unknown escape", image(oci, `"x":"\x41",`), "not valid JSON"},
		{"single quotes", `{'a':1}`, "not valid JSON"},
		{"number with a plus", image(oci, `"x":+1,`), "not valid JSON"},
		{"number with a leading zero", image(oci, `"x":01,`), "not valid JSON"},
		{"NaN", image(oci, `"x":NaN,`), "not valid JSON"},
		{"strange numbers where nobody looks", image(oci, `"x":[-0,1.5,1e3,1E-400,1e999],`), ""},
		{"backslashes and quotes", image(oci, `"x":["\\","\"","\\\"","\\\\"],"\"":{"\\":"}"},`), ""},
		{"lone surrogate", image(oci, `"x\ud800":"\udfff",`), ""},
		{"structure inside strings", image(oci, `"x":"{\"layers\":[]},",",:]}":" : , ] }",`), ""},
		{"63 lists", nest("[", "]", 63), ""},
		{"64 lists", nest("[", "]", 64), "nested deeper than 64 levels"},
		{"63 objects", image(oci, `"x":`+strings.Repeat(`{"a":`, 62)+"{}"+strings.Repeat("}", 62)+`,`), ""},
		{"64 objects", image(oci, `"x":`+strings.Repeat(`{"a":`, 63)+"{}"+strings.Repeat("}", 63)+`,`), "nested deeper than 64 levels"},
		{"siblings are not depth", image(oci, `"x":[`+strings.Repeat("[[]],", 500)+`{}],`), ""},
		{"9000 lists", nest("[", "]", 9000), "nested deeper than 64 levels"},
		{"a million lists", nest("[", "]", 1<<20), "not valid JSON"},
		{"a million open lists", strings.Repeat("[", 1<<20), "not valid JSON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := berth.ParseManifest(oci, []byte(test.body))
			checkMessage(t, err, berth.ErrManifestInvalid, test.msg)
		})
	}
}

func TestDuplicateKeys(t *testing.T) {
	t.Parallel()
	oci := berth.MediaTypeOCIManifest
	tests := []struct{ name, body, key string }{
		{"layers", image(oci, `"layers":[],`), "layers"},
		{"layers and escaped layers", image(oci, `"\u006cayers":[],`), "layers"},
		{"config", image(oci, `"config":`+desc(typeConfig, 8)+`,`), "config"},
		{"mediaType", image(oci, `"mediaType":"`+oci+`",`), "mediaType"},
		{"schemaVersion", image(oci, `"schemaVersion":2,`), "schemaVersion"},
		{"subject null twice", image(oci, `"subject":null,"subject":null,`), "subject"},
		{"annotations", image(oci, `"annotations":null,"annotations":{},`), "annotations"},
		{"an annotation", image(oci, `"annotations":{"a":"b","a":"b"},`), "a"},
		{"an escaped annotation", image(oci, `"annotations":{"a":"b","\u0061":"b"},`), "a"},
		{"unknown", image(oci, `"x":1,"x":1,`), "x"},
		{"the empty key", image(oci, `"":1,"":1,`), ""},
		{"deep inside of what nobody reads", image(oci, `"x":[{"y":{"z":1,"z":2}}],`), "z"},
		{"in a descriptor", image(oci, `"subject":{"digest":"x","digest":"x"},`), "digest"},
		{"in a platform", index(berth.MediaTypeOCIIndex, `"x":{"platform":{"os":"a","os":"b"}},`), "os"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := berth.ParseManifest("", []byte(test.body))
			checkMessage(t, err, berth.ErrManifestInvalid, fmt.Sprintf("key %q appears twice", test.key))
		})
	}
	for _, body := range []string{
		image(oci, `"Layers":[],"LAYERS":[],`),                                        // other keys
		image(oci, `"x":{"a":1},"y":{"a":1},"z":[{"a":1},{"a":1}],`),                  // other objects
		image(oci, `"annotations":{"e\u0301":"","\u00e9":""},`),                       // look alike, are not alike
		image(oci, `"config\u0000":1,"\u212a":1,"k":1,"K":1,"\u017f":1,"s":1,"S":1,`), // fold alike, are not alike
	} {
		if _, err := berth.ParseManifest("", []byte(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// An error text must stay short, whatever the document says.
func TestJSONErrorsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	for _, body := range []string{
		`{"` + long + `":1,"` + long + `":1}`,
		strings.Repeat(`{"`+long[:1000]+`":`, 63) + `{"a":1,"a":1}` + strings.Repeat("}", 63),
		`{"mediaType":"` + long + `"}`,
		`{"annotations":{"` + long + `":1}}`,
		`{"config":{"size":` + strings.Repeat("9", 100_000) + `}}`,
		`{"config":{"digest":"` + long + `"}}`,
		`{"config":{"digest":"sha256:` + long + `"}}`,
	} {
		_, err := berth.ParseManifest("", []byte(body))
		if err == nil || len(err.Error()) > 4000 {
			t.Errorf("%.80s…: error of %d bytes", body, len(err.Error()))
		}
	}
}

// bigDocuments are documents of 4 MiB that try to be slow to read.
func bigDocuments() map[string]string {
	const size = 4 << 20
	fill := func(head, tail string, piece func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size; i++ {
			b.WriteString(piece(i))
		}
		return b.String() + tail
	}
	oci := berth.MediaTypeOCIManifest
	return map[string]string{
		"many keys":        fill(`{"x":{`, `"":1},`+image(oci, "")[1:], func(i int) string { return fmt.Sprintf(`"%x":1,`, i) }),
		"many annotations": fill(`{"annotations":{`, `"":""},`+image(oci, "")[1:], func(i int) string { return fmt.Sprintf(`"%x":"",`, i) }),
		"escaped keys":     fill(`{"x":{`, `"":1},`+image(oci, "")[1:], func(i int) string { return fmt.Sprintf(`"\u0041%x":1,`, i) }),
		"many objects":     fill(`{"x":[`, `{}],`+image(oci, "")[1:], func(int) string { return `{},` }),
		"one long string":  fill(`{"x":"`, `",`+image(oci, "")[1:], func(int) string { return `\\` }),
		"one long key":     fill(`{"`, `":1,`+image(oci, "")[1:], func(int) string { return `\u00e9` }),
		"white space":      fill(`{`, image(oci, "")[1:], func(int) string { return " \n" }),
		"one long number":  fill(`{"x":1`, `,`+image(oci, "")[1:], func(int) string { return "0" }),
	}
}

func TestBigDocuments(t *testing.T) {
	t.Parallel()
	for name, body := range bigDocuments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := berth.ParseManifest("", []byte(body))
			if many := strings.Contains(name, "keys") || strings.Contains(name, "annotations"); many {
				checkMessage(t, err, berth.ErrManifestInvalid, "more than 100000 keys")
			} else if err != nil {
				t.Fatal(err)
			}
			// It takes 0.2 s at most; the rest is for the race detector and a
			// busy machine. What is quadratic takes minutes.
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func BenchmarkParseManifest(b *testing.B) {
	for name, body := range bigDocuments() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := berth.ParseManifest("", []byte(body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
