package manifest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// seeds are texts with everything in them that a manifest can hold, and texts that are nearly something.
func seeds(f *testing.F) []string {
	f.Helper()
	texts := []string{
		minimalPod, "a: &a {<<: *a}", "{", "{} {", "{}}", "{a: b}\n'", "--- %", "apiVersion: v1\nkind: List\nitems: {a: b}", "- - -", "null", "\xef\xbb\xbf{}",
		"apiVersion: v1\nkind: Pod\nspec: {containers: [{resources: {limits: {cpu: x}}}]}",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\nspec: {containers: [{name: c, image: i, resources: {limits: {cpu: 1e999999999}}}]}",
	}
	files, err := filepath.Glob(filepath.Join("testdata", "streams", "*.yaml"))
	if err != nil || len(files) == 0 {
		f.Fatal("no streams", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// Whatever the input is, there is either an error with a place or contents; and what was taken once is taken again as it is.
func FuzzLoad(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		watchdog := time.AfterFunc(20*time.Second, func() { panic("this input takes too long") })
		defer watchdog.Stop()
		contents, err := Load(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(text), WithoutPod: true})
		var problems Problems
		switch {
		case err == nil && contents == nil, err != nil && contents != nil:
			t.Fatalf("contents %v, error %v", contents, err)
		case err != nil && (!errors.As(err, &problems) || len(problems) == 0):
			t.Fatalf("an error without problems: %v", err)
		}
		for _, p := range problems {
			if p.Source != "stdin" || p.Reason == 0 || p.Err == nil || strings.ContainsAny(p.place(), "\n") {
				t.Errorf("problem %+v", p)
			}
		}
		if contents != nil && utf8.ValidString(text) {
			loadsAgain(t, contents)
		}
	})
}

// loadsAgain loads the pods of the contents, which are defaulted and valid, once more.
func loadsAgain(t *testing.T, contents *Contents) {
	t.Helper()
	var stream bytes.Buffer
	for _, pod := range contents.Pods {
		if err := json.NewEncoder(&stream).Encode(pod); err != nil {
			t.Fatal(err)
		}
	}
	if stream.Len() == 0 {
		return
	}
	again, err := Load(context.Background(), []string{"-"}, Options{Stdin: &stream})
	if err != nil {
		t.Fatalf("refused the second time: %v", err)
	}
	if diff := cmp.Diff(contents.Pods, again.Pods, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("changed the second time: %s", diff)
	}
}

func TestHostileInputsCostLittle(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a: &a [x, x, x, x, x, x, x, x, x, x]\n")
	for c := 'b'; c <= 'j'; c++ {
		before := string(c - 1)
		bomb.WriteString(string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+before+", ", 9) + "*" + before + "]\n")
	}
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
	const mib = 1 << 20
	cases := []struct {
		name, text string
		want       string // in the error; "" means that it is taken
	}{
		{"an alias bomb", bomb.String(), "document contains excessive aliasing"},
		{"an alias bomb in a pod", minimalPod + "x:\n  " + strings.ReplaceAll(strings.TrimSpace(bomb.String()), "\n", "\n  ") + "\n", "document contains excessive aliasing"},
		{"lists in lists in YAML", strings.Repeat("[", 100_000), "exceeded max depth of 10000"},
		{"lists in lists in JSON", `{"apiVersion":"v1","kind":"Pod","spec":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", "exceeded max depth"},
		{"a quantity out of all bounds", pod + "  - {name: c, image: i, resources: {limits: {cpu: 1e999999999}}}\n",
			"spec.containers[0].resources.limits[cpu]: a quantity of so many digits, or with such an exponent"},
		{"a quantity of 9 million digits", pod + "  - {name: c, image: i, resources: {limits: {memory: 1" + strings.Repeat("0", 9*mib) + "}}}\n",
			"spec.containers[0].resources.limits[memory]: a quantity of so many digits"},
		{"digits that are no quantity", pod + "  - {name: c, image: i, args: ['1" + strings.Repeat("0", 9*mib) + "']}\n", ""},
		{"a port of 9 million digits", pod + "  - {name: c, image: i, ports: [{containerPort: 1" + strings.Repeat("0", 9*mib) + "}]}\n", "cannot unmarshal"},
		{"a string of 9 MiB", pod + "  - {name: c, image: i, args: [\"" + strings.Repeat("x", 9*mib) + "\"]}\n", ""},
		{"a key of 9 MiB", "? " + strings.Repeat("k", 9*mib) + "\n: v\n", "Object 'Kind' is missing"},
		{"a name of 9 MiB", pod + "  - {name: \"" + strings.Repeat("x", 9*mib) + "\", image: i}\n", "must be no more than 63 characters"},
		{"100,000 containers", pod + strings.Repeat("  - {name: c, image: i}\n", 100_000), `spec.containers[99999].name: Duplicate value: "c"`},
		{"100,000 documents", strings.Repeat("---\na: b\n", 100_000), "document 100000: Object 'Kind' is missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			var err error
			peak := peakHeap(func() {
				_, err = Load(context.Background(), []string{"-"}, Options{Stdin: strings.NewReader(c.text), WithoutPod: true})
			})
			took := time.Since(begin)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %.300v, want %q", err, c.want)
			}
			t.Logf("%v, %d MiB of %d MiB of text", took, peak/mib, len(c.text)/mib)
			if most := 200*mib + 200*len(c.text); peak > most {
				t.Errorf("%d MiB of memory, more than %d", peak/mib, most/mib)
			}
			if took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// peakHeap is the most memory, in bytes, that a call had in use beyond what was in use before, as far as a look every few milliseconds
// shows it.
func peakHeap(call func()) int {
	inUse := func() int {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return int(sample[0].Value.Uint64())
	}
	runtime.GC()
	before, peak := inUse(), 0
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				peak = max(peak, inUse()-before)
			}
		}
	}()
	call()
	close(done)
	<-stopped
	return peak
}
