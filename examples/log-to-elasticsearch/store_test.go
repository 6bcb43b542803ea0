package logtoelasticsearch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// store is a server with Elasticsearch's bulk API.
type store struct {
	image, health, port string
	env                 map[string]string
	// bulk is where the server named logs has the API.
	bulk string
	// flush and query are the requests that make what has arrived to be found, and that find it.
	flush, query string
	// read reads the lines from the answer to the query.
	read func(io.Reader) ([]string, error)
}

// victoriaLogs is the usual store; `go run ./e2e/images victorialogs` builds it.
var victoriaLogs = store{
	image: "podsim.local/victorialogs:1.33.1", port: "9428/tcp", health: "/health",
	bulk:  "http://logs:9428/insert/elasticsearch",
	flush: "/internal/force_flush",
	query: "/select/logsql/query?query=" + url.QueryEscape(`pod:="log-to-elasticsearch"`),
	read:  readLines,
}

// usedStore is VictoriaLogs, or Elasticsearch itself if ES_IMAGE names an image of it.
func usedStore() store {
	image := os.Getenv("ES_IMAGE")
	if image == "" {
		return victoriaLogs
	}
	return store{
		image: image, port: "9200/tcp", health: "/_cluster/health",
		env:   map[string]string{"discovery.type": "single-node", "xpack.security.enabled": "false", "ES_JAVA_OPTS": "-Xms512m -Xmx512m"},
		bulk:  "http://logs:9200",
		flush: "/app/_refresh",
		query: "/app/_search?size=1000&q=" + url.QueryEscape(`pod:"log-to-elasticsearch"`),
		read:  readHits,
	}
}

// messages are the lines in the store.
func (s store) messages(ctx context.Context, address string) ([]string, error) {
	flushed, err := get(ctx, address+s.flush)
	if err != nil {
		return nil, err
	}
	flushed.Close()
	answer, err := get(ctx, address+s.query)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return s.read(answer)
}

func get(ctx context.Context, address string) (io.ReadCloser, error) {
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(question)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", address, answer.Status)
	}
	return answer.Body, nil
}

// document is a line as the shipper sends it.
type document struct {
	Message string `json:"_msg"`
}

// readLines reads an answer of VictoriaLogs: a document a line.
func readLines(answer io.Reader) ([]string, error) {
	var messages []string
	for lines := json.NewDecoder(answer); ; {
		var line document
		switch err := lines.Decode(&line); err {
		case nil:
			messages = append(messages, line.Message)
		case io.EOF:
			return messages, nil
		default:
			return nil, err
		}
	}
}

// readHits reads an answer of Elasticsearch.
func readHits(answer io.Reader) ([]string, error) {
	var found struct {
		Hits struct {
			Hits []struct {
				Source document `json:"_source"`
			}
		}
	}
	if err := json.NewDecoder(answer).Decode(&found); err != nil {
		return nil, err
	}
	var messages []string
	for _, hit := range found.Hits.Hits {
		messages = append(messages, hit.Source.Message)
	}
	return messages, nil
}

// A registry is not everywhere in reach; what Elasticsearch answers is the same everywhere.
func TestTheLinesOfElasticsearchAreRead(t *testing.T) {
	t.Setenv("ES_IMAGE", "elasticsearch:9.2.0")
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if r.URL.Path == "/app/_search" {
			fmt.Fprint(w, `{"took":1,"hits":{"total":{"value":2},"hits":[
				{"_index":"app","_id":"1","_source":{"_msg":"12:00:00Z order 1 accepted","pod":"log-to-elasticsearch"}},
				{"_index":"app","_id":"2","_source":{"_msg":"short"}}]}}`)
		}
	}))
	defer server.Close()
	messages, err := usedStore().messages(t.Context(), server.URL)
	if err != nil || strings.Join(messages, "|") != "12:00:00Z order 1 accepted|short" {
		t.Errorf("%q, %v", messages, err)
	}
	if !slices.Equal(asked, []string{"/app/_refresh", "/app/_search"}) {
		t.Errorf("asked for %q", asked)
	}
}
