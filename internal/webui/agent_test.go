package webui

import "testing"

func TestReadAgent(t *testing.T) {
	t.Parallel()
	tests := map[string]agent{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                     {what: "Firefox on Linux"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              {what: "Edge on Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0":              {what: "Opera on Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                      {what: "Safari on macOS"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":    {what: "Safari on iPhone", handheld: true},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": {what: "Chrome on iPhone", handheld: true},
		"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36": {what: "Samsung Internet on Android", handheld: true},
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                             {what: "Chrome on ChromeOS"},
		"Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15":                        {what: "Safari"},
		"berth login on build host <1>": {what: "berth on build host <1>", program: true},
		"curl/8.14.1":                   {what: "curl", program: true},
		"Mozilla/5.0 (compatible)":      {what: "Unknown browser"},
		"":                              {what: "Unknown browser"},
		"ünüsüälünüsüälünüsüälünüsüälünüsüäl 1": {what: "ünüsüälünüsüälünüsüälünü" + "…", program: true},
	}
	for text, want := range tests {
		got := readAgent(text)
		if len(text) > 0 && text[0] == 0xc3 { // its end depends on where 40 bytes are
			want.what = got.what
			if len(got.what) > maxAgent+len("…") || len(got.what) < maxAgent-4 {
				t.Errorf("%q is long", got.what)
			}
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}
