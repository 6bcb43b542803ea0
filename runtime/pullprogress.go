package runtime

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/pkg/jsonmessage"
)

// PullProgress is how far the pull of an image is.
type PullProgress struct {
	// Image is its name in the pod's spec.
	Image string
	// Layers is the number of its layers as far as they are known, Present how many of them the engine has.
	Layers, Present int
	// Bytes were downloaded of Total, as far as the sizes of the layers are known; both are 0 before that.
	Bytes, Total int64
	// Share is how much of the layers is done, from 0 to 1, each counting the same.
	Share float64
	// Ended: nothing more comes.
	Ended bool
}

// progressInterval is how often a pull tells of its progress at most.
const progressInterval = 100 * time.Millisecond

// readPull reads what the engine tells of a pull until its end; the error is what went wrong. News is called at each line, told with the
// progress now and then.
func readPull(from io.Reader, image string, news func(), told func(PullProgress)) error {
	seen := pullLayers{}
	last := time.Now() // so that the first news is of all layers
	for decoder := json.NewDecoder(from); ; {
		var m jsonmessage.JSONMessage
		err := decoder.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case m.Error != nil:
			return m.Error
		}
		news()
		seen.heed(m)
		if now := time.Now(); len(seen) > 0 && now.Sub(last) >= progressInterval {
			last = now
			told(seen.progress(image))
		}
	}
}

// pullLayers is how far each layer of a pull is, by its id.
type pullLayers map[string]*pullLayer

type pullLayer struct {
	bytes, total int64
	present      bool
}

// heed takes in one line of what the engine tells. It names layers by their ids, and the image by its tag in the first line.
func (l pullLayers) heed(m jsonmessage.JSONMessage) {
	if m.ID == "" || strings.HasPrefix(m.Status, "Pulling from ") {
		return
	}
	layer := l[m.ID]
	if layer == nil {
		layer = &pullLayer{}
		l[m.ID] = layer
	}
	switch m.Status {
	case "Downloading":
		if m.Progress != nil {
			layer.bytes, layer.total = m.Progress.Current, max(layer.total, m.Progress.Total)
		}
	case "Verifying Checksum", "Download complete", "Extracting":
		layer.bytes = layer.total
	case "Pull complete", "Already exists":
		layer.bytes, layer.present = layer.total, true
	}
}

// downloadShare is how much of the work on a layer its download is; the rest is the extraction.
const downloadShare = 0.9

func (l pullLayers) progress(image string) PullProgress {
	p := PullProgress{Image: image, Layers: len(l)}
	done := 0.0
	for _, layer := range l {
		p.Bytes += layer.bytes
		p.Total += layer.total
		switch {
		case layer.present:
			p.Present++
			done++
		case layer.total > 0:
			done += downloadShare * float64(layer.bytes) / float64(layer.total)
		}
	}
	if len(l) > 0 {
		p.Share = done / float64(len(l))
	}
	return p
}
