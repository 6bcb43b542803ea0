// Package exit says how a command ends: with which exit code, and in which words an error reaches a person.
//
// Commands return plain errors. An error that asks for another exit code than 1 is wrapped with Code; the API's errors
// read as kubectl's do, because kubectl's own code words them. Only main exits the process.
package exit

import (
	"errors"
	"strings"

	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// The exit codes of every command but exec, which ends with the code of the command that it ran.
const (
	// Failed is the exit code when a pod failed or the command could not do what was asked.
	Failed = 1
	// BadManifest is the exit code of a manifest that cannot be read or is not valid.
	BadManifest = 2
)

// Error is an error that decides the exit code.
type Error struct {
	// Code is the exit code of the process.
	Code int
	// Err is what went wrong; nil when everything was said already and only the code is left to tell.
	Err error
	// Worded is true when Err reads as it shall be printed, with no "error:" before it.
	Worded bool
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Silently is an error that ends the process with code and prints nothing more.
func Silently(code int) error { return &Error{Code: code} }

// WithCode is err with an exit code of its own. It is nil for a nil err.
func WithCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: err}
}

// WithWords is an error that is printed exactly as message reads.
func WithWords(code int, message string) error {
	return &Error{Code: code, Err: errors.New(message), Worded: true}
}

// Report is the exit code for err and the text for a person, which ends in a newline unless it is empty. Of errors that
// were joined each gets its own words, and the first decides the code.
func Report(err error) (code int, text string) {
	for _, one := range Parts(err) {
		oneCode, words := report(one)
		if code == 0 {
			code = oneCode
		}
		text += words
	}
	return code, text
}

func report(err error) (code int, text string) {
	var exitErr *Error
	if !errors.As(err, &exitErr) {
		return kubectlWords(err)
	}
	switch {
	case exitErr.Err == nil:
		return exitErr.Code, ""
	case exitErr.Worded:
		return exitErr.Code, line(exitErr.Err.Error())
	}
	if err == error(exitErr) {
		err = exitErr.Err // the API's errors are worded by their types
	}
	_, text = kubectlWords(err)
	return exitErr.Code, text
}

// Parts are the errors of which err is made by errors.Join alone; any other error is its own only part.
func Parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
		return nil
	case !ok || errors.Join(joined.Unwrap()...).Error() != err.Error():
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, Parts(one)...)
	}
	return all
}

// kubectlWords is what kubectl prints for err, and the code it would exit with.
func kubectlWords(err error) (code int, text string) {
	cmdutil.BehaviorOnFatal(func(message string, exitCode int) { code, text = exitCode, line(message) })
	defer cmdutil.DefaultBehaviorOnFatal()
	cmdutil.CheckErr(err)
	return code, text
}

// line is text with exactly one newline at its end, or nothing.
func line(text string) string {
	if text = strings.TrimRight(text, "\n"); text == "" {
		return ""
	}
	return text + "\n"
}
