package main

import "testing"

// Addresses that commands on a data directory print are the server's.
func TestAddressesOfTheServer(t *testing.T) {
	t.Parallel()
	p := dataPlace(t)
	p.ok("", "repo create admin/web")
	for _, tt := range []struct {
		env  []string
		want string
	}{
		{nil, "http://127.0.0.1:5000"},
		{[]string{"BERTH_ADDR=127.0.0.1:5077"}, "http://127.0.0.1:5077"},
		{[]string{"BERTH_ADDR=:80"}, "http://localhost:80"},
		{[]string{"BERTH_ADDR=[::]:80"}, "http://localhost:80"},
		{[]string{"BERTH_ADDR=[::1]:80"}, `http://\[::1\]:80`},
		{[]string{"BERTH_EXTERNAL_URLS=https://r.example.com/,http://localhost"}, "https://r.example.com"},
	} {
		q := &place{t: t, env: tt.env, args: p.args}
		q.tell([]step{
			{"invitation create", "", `^` + tt.want + `/join/\S{20,}\n$`},
			{"invitation create -o json", "", `"url":"` + tt.want + `/join/`},
			{"invitation create --expires 999999d", "", `!--expires: .*at most 90 days, got "999999d"`},
			{"repo show admin/web -o json", "", `"html_url":"` + tt.want + `/admin/-/repositories/web"`},
		})
	}
}
