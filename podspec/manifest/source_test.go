package manifest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAddressesThatGiveNoManifest(t *testing.T) {
	stop := make(chan struct{})
	answers := map[string]http.HandlerFunc{
		"/endless": func(w http.ResponseWriter, _ *http.Request) {
			line := []byte("# " + strings.Repeat("x", 1<<20) + "\n")
			for {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		},
		"/document": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(minimalPod + "# " + strings.Repeat("x", maxDocumentBytes)))
		},
		"/compressed": func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("asked for %q", got)
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte{0x1f, 0x8b})
		},
		"/silent": func(http.ResponseWriter, *http.Request) { <-stop },
		"/loop":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) }))
	defer server.Close()
	defer close(stop)
	client := &http.Client{Timeout: 2 * time.Second}
	cases := []struct{ path, want string }{
		{"/endless", "larger than 64 MiB, which is more than podsim reads"},
		{"/document", "larger than 10 MiB, which is more than podsim reads"},
		{"/compressed", "fetching it: the server sent it encoded as gzip, podsim reads plain text"},
		{"/silent", "Client.Timeout exceeded"},
		{"/loop", "fetching it: stopped after 10 redirects"},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			_, err := Load(context.Background(), []string{server.URL + c.path}, Options{HTTPClient: client})
			if err == nil || !strings.HasPrefix(err.Error(), server.URL+c.path+":") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
