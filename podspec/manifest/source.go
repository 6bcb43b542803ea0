package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Limits of what is read. They keep a wrong input (a device, an endless answer) from filling the memory.
const (
	maxSourceBytes   = 64 << 20
	maxDocumentBytes = 10 << 20
	fetchTimeout     = 30 * time.Second
)

// source is the text of one input.
type source struct {
	name string
	text []byte
	// fromDirectory is true for a file that a directory brought along; such a file may be empty.
	fromDirectory bool
}

// readSources reads every input. An input that cannot be read is a problem and does not keep the others from being read.
func readSources(ctx context.Context, inputs []string, opts Options) ([]source, Problems) {
	var sources []source
	var problems Problems
	for _, input := range inputs {
		found, err := readInput(ctx, input, opts)
		if err != nil {
			problems = append(problems, &Problem{Source: sourceName(input), Reason: Unreadable, Err: plain(err)})
			continue
		}
		for _, s := range found {
			if s.err != nil {
				problems = append(problems, &Problem{Source: s.name, Reason: Unreadable, Err: plain(s.err)})
				continue
			}
			sources = append(sources, s.source)
		}
	}
	return sources, problems
}

// readResult is a source or, with err set, a file of a directory that could not be read.
type readResult struct {
	source
	err error
}

func readInput(ctx context.Context, input string, opts Options) ([]readResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case input == "":
		return nil, errors.New("an empty name is no input")
	case input == "-":
		if opts.Stdin == nil {
			return nil, errors.New("nothing is connected to it")
		}
		return one(input, opts.Stdin)
	case strings.HasPrefix(input, "http://"), strings.HasPrefix(input, "https://"):
		return fetch(ctx, input, opts.HTTPClient)
	}
	info, err := os.Stat(input)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return readDirectory(ctx, input)
	}
	return readFile(input)
}

func readFile(name string) ([]readResult, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return one(name, file)
}

// readDirectory reads the manifests of a directory in the order of their names; it does not go into subdirectories.
func readDirectory(ctx context.Context, dir string) ([]readResult, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var results []readResult
	for _, entry := range entries {
		if !IsManifestFile(entry.Name()) || entry.IsDir() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name := filepath.Join(dir, entry.Name())
		found, err := readFile(name)
		if err != nil {
			results = append(results, readResult{source: source{name: name}, err: err})
			continue
		}
		for i := range found {
			found[i].fromDirectory = true
		}
		results = append(results, found...)
	}
	if len(results) == 0 {
		return nil, errors.New("no manifest in this directory: its files end in .yaml, .yml or .json, and subdirectories are not read")
	}
	return results, nil
}

// IsManifestFile tells whether a file is taken for a manifest by its name: it ends in .yaml, .yml or .json.
func IsManifestFile(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

func fetch(ctx context.Context, address string, client *http.Client) ([]readResult, error) {
	if client == nil {
		client = &http.Client{Timeout: fetchTimeout}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("not a usable address: %w", err)
	}
	request.Header.Set("Accept-Encoding", "identity") // a compressed answer would have no size that can be trusted
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetching it: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching it: the server answered %s", response.Status)
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, fmt.Errorf("fetching it: the server sent it encoded as %s, podsim reads plain text", encoding)
	}
	return one(address, response.Body)
}

// one reads a single source up to the limit.
func one(name string, r io.Reader) ([]readResult, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSourceBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSourceBytes {
		return nil, fmt.Errorf("larger than %d MiB, which is more than podsim reads", maxSourceBytes>>20)
	}
	return []readResult{{source: source{name: sourceName(name), text: clean(text)}}}, nil
}

// clean drops what editors on other systems leave in a text: a byte order mark and carriage returns at the ends of lines.
func clean(text []byte) []byte {
	return bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
}

// sourceName is what messages call an input.
func sourceName(input string) string {
	switch input {
	case "-":
		return "stdin"
	case "":
		return `""`
	}
	return input
}

// plain takes the operation and the name off an error of the operating system or of a request, since the name of the
// source is printed anyway.
func plain(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return fmt.Errorf("fetching it: %w", urlErr.Err)
	}
	return err
}
