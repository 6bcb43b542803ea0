// Package validation finds what the API server of Kubernetes v1.37 finds wrong with an object at its creation: all of it
// at once, with the server's paths and words and in its order (S2). Objects are to be defaulted first. It also has the
// warnings that the server sends about an object that it accepts (S1.3.2).
package validation
