// Package english keeps kubectl's code from loading its translations, so that all of podsim speaks one language.
//
// kubectl loads them before main begins, to word help texts in package variables, and that takes a third of the start of
// a short command. Its way to prevent that is a package like this one, whose init comes before those variables: Go
// initializes packages in the order of their import paths as soon as what they import is initialized.
package english

import "k8s.io/kubectl/pkg/util/i18n"

func init() {
	// The only error is that they are loaded already; then they are.
	_ = i18n.SetLoadTranslationsFunc(func() error { return nil })
}
