package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheStateIsWhatWasSetLast(t *testing.T) {
	server := httptest.NewServer(answers())
	defer server.Close()
	for _, step := range []struct {
		path string
		want int
	}{
		{"/state", 200},
		{"/set/503", 200},
		{"/state", 503},
		{"/set/200", 200},
		{"/state", 200},
		{"/status/418", 418},
		{"/status/nothing", 400},
		{"/nowhere", 404},
	} {
		response, err := http.Get(server.URL + step.path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != step.want {
			t.Errorf("GET %s: got %d, want %d", step.path, response.StatusCode, step.want)
		}
	}
}

func TestTheEndlessBodyGoesOnForAsLongAsItIsRead(t *testing.T) {
	server := httptest.NewServer(answers())
	defer server.Close()
	response, err := http.Get(server.URL + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.CopyN(io.Discard, response.Body, 10<<20); err != nil {
		t.Errorf("reading 10 MiB: %v", err)
	}
}

func TestAServicesStatusIsRead(t *testing.T) {
	got, err := parseStatuses([]string{"=SERVING", "db=NOT_SERVING", "queue=HANGS"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"": "SERVING", "db": "NOT_SERVING", "queue": "HANGS"} {
		if got[name] != want {
			t.Errorf("service %q: got %q, want %q", name, got[name], want)
		}
	}
	for _, arg := range []string{"SERVING", "db=FINE"} {
		if _, err := parseStatuses([]string{arg}); err == nil {
			t.Errorf("%q was taken for a status", arg)
		}
	}
}
