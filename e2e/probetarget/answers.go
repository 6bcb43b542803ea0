package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
)

// answers returns the web server's handler, which logs each request and its headers.
//
//	/status/CODE      that status
//	/set/CODE         200, and from now on /state answers CODE
//	/state            200, or what /set said
//	/echo             200, and the request's headers as the body
//	/endless          200 and a body that never ends
//	/never            nothing, and the connection stays open
//	/redirect?to=URL  302 to the URL
//	/loop             302 to itself
func answers() http.Handler {
	var state atomic.Int64
	state.Store(http.StatusOK)
	mux := http.NewServeMux()
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		if code, ok := statusCode(w, r); ok {
			w.WriteHeader(code)
		}
	})
	mux.HandleFunc("/set/{code}", func(w http.ResponseWriter, r *http.Request) {
		if code, ok := statusCode(w, r); ok {
			state.Store(int64(code))
		}
	})
	mux.HandleFunc("/state", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(state.Load())) })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { writeHeaders(w, r) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; _, err = io.WriteString(w, "and so on, ") {
		}
	})
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	return logged(mux)
}

// statusCode reads the code in the path, or answers that there is none.
func statusCode(w http.ResponseWriter, r *http.Request) (code int, ok bool) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		http.Error(w, "no status code in "+r.URL.Path, http.StatusBadRequest)
		return 0, false
	}
	return code, true
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("%s %s %s\n", r.Method, r.RequestURI, r.Proto)
		next.ServeHTTP(w, r)
	})
}

// writeHeaders answers with the request's headers, one a line in the order of their names, and logs them.
func writeHeaders(w io.Writer, r *http.Request) {
	lines := []string{fmt.Sprintf("Host: %s\n", r.Host)}
	for name, values := range r.Header {
		for _, value := range values {
			lines = append(lines, fmt.Sprintf("%s: %s\n", name, value))
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Print(line)
		io.WriteString(w, line)
	}
}
