package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// readyVariable tells a spawned process where to report.
const readyVariable = "PODSIM_READY_FD"

// What a spawned process reports: that it serves, or that another node does; anything else is why it cannot.
const (
	reportReady = "ready\n"
	reportHeld  = "held\n"
)

// Node is the program that Spawn starts.
type Node struct {
	// Executable is the path of the program.
	Executable string
	// Args are its arguments, without the program's name.
	Args []string
	// Replaces is the process id of a node that ends, and is not the one that is wanted; 0 if there is none.
	Replaces int
}

// Spawn starts a node that goes on when this process and its terminal end, with its output in LogPath, and returns when
// it answers. When another node has taken the state directory meanwhile, that one is waited for, and started is false. The
// node must call Report. When the node cannot start, or the context ends, no node is left behind, and the error says the
// context's cause and what the node said.
func Spawn(ctx context.Context, node Node, dir string) (started bool, err error) {
	for {
		err := spawnOnce(ctx, node, dir)
		if err == nil {
			if err = Ping(ctx, dir); err == nil {
				return true, nil
			}
		} else if errors.Is(err, ErrHeld) {
			if there, pingErr := Identify(ctx, dir); pingErr == nil && (node.Replaces == 0 || there.PID != node.Replaces) {
				return false, nil
			}
		}
		if !errors.Is(err, ErrHeld) {
			return false, fmt.Errorf("starting a node in the background: %w", err)
		}
		// Neither the lock nor the socket tells when it changes.
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return false, fmt.Errorf("starting a node in the background: %w, and does not answer: %w", ErrHeld, context.Cause(ctx))
		}
	}
}

// spawnOnce starts a node and waits for its report. The error is ErrHeld, wrapped, when another node is there.
func spawnOnce(ctx context.Context, node Node, dir string) error {
	log, err := openLog(dir)
	if err != nil {
		return fmt.Errorf("opening the log of the node: %w", err)
	}
	defer log.Close()
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("opening the log of the node: %w", err)
	}
	said, err := start(ctx, node, log)
	switch {
	case err == nil && said == reportReady:
		return nil
	case err == nil && said == reportHeld:
		return fmt.Errorf("using the state directory %s: %w", dir, ErrHeld)
	case err == nil:
		err = startFailure(said, log, before)
	case ctx.Err() != nil:
		err = withLastWords(err, log, before)
	}
	log.Close()
	tidy(dir)
	return err
}

// openLog opens the log for what a node will write. A node that ends removes the directory, perhaps just now.
func openLog(dir string) (*os.File, error) {
	for {
		if err := makeDirectory(dir); err != nil {
			return nil, err
		}
		log, err := os.OpenFile(LogPath(dir), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
		if !errors.Is(err, fs.ErrNotExist) {
			return log, err
		}
	}
}

// start runs the program and returns what it reports; "" when it ended without a word. The program is left running when
// it reported that it serves, and is ended in every other case.
func start(ctx context.Context, node Node, log *os.File) (string, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer reader.Close()
	command := exec.Command(node.Executable, node.Args...)
	command.Stdout, command.Stderr = log, log
	detach(command)
	handle, err := inherit(command, writer)
	if err == nil {
		command.Env = append(os.Environ(), readyVariable+"="+handle)
		err = command.Start()
	}
	writer.Close()
	if err != nil {
		return "", err
	}

	// The report and the end of the program both end the reading.
	stop := context.AfterFunc(ctx, func() { command.Process.Kill() })
	said, err := io.ReadAll(reader)
	if stop() && err == nil && string(said) == reportReady {
		return string(said), command.Process.Release()
	}
	command.Process.Kill()
	command.Wait()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return string(said), err
}

// startFailure is why the program did not come to serve: what it reported, else the end of what it wrote to its log.
func startFailure(said string, log *os.File, from int64) error {
	if said := strings.TrimSpace(said); said != "" {
		return errors.New(said)
	}
	words, err := lastWords(log, from)
	switch {
	case err != nil:
		return err
	case words == "":
		return errors.New("it ended without a word")
	}
	return fmt.Errorf("it ended; its last words:\n%s", words)
}

// withLastWords is err with the end of what the program wrote to its log, if it wrote anything.
func withLastWords(err error, log *os.File, from int64) error {
	if words, _ := lastWords(log, from); words != "" {
		return fmt.Errorf("%w; the node's last words:\n%s", err, words)
	}
	return err
}

// lastWords is the end of what was written to the log after the first from bytes.
func lastWords(log *os.File, from int64) (string, error) {
	const lines, size = 10, 8 << 10
	if info, err := log.Stat(); err == nil {
		from = max(from, info.Size()-size)
	}
	written, err := io.ReadAll(io.NewSectionReader(log, from, size))
	if err != nil {
		return "", fmt.Errorf("reading the log of the node: %w", err)
	}
	end := strings.Split(strings.TrimSpace(string(written)), "\n")
	return strings.Join(end[max(0, len(end)-lines):], "\n"), nil
}

// tidy removes what a node that did not start left behind, unless another node is there.
func tidy(dir string) {
	lease, err := Acquire(dir)
	if err == nil {
		lease.Close()
	}
}

// Report tells the process that spawned this one, if one did and still waits, that the node serves (nil) or why it
// cannot. It may be called once; later calls do nothing.
func Report(failure error) error {
	handle, spawned := os.LookupEnv(readyVariable)
	if !spawned {
		return nil
	}
	os.Unsetenv(readyVariable)
	writer, err := inherited(handle)
	if err != nil {
		return fmt.Errorf("reporting to the process that started this node: %w", err)
	}
	defer writer.Close()
	said := reportReady
	switch {
	case errors.Is(failure, ErrHeld):
		said = reportHeld
	case failure != nil:
		said = failure.Error()
	}
	if _, err := io.WriteString(writer, said); err != nil {
		return fmt.Errorf("reporting to the process that started this node: %w", err)
	}
	return nil
}
