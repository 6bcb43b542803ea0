// Run is the controller of package controller as a program.
package main

import "github.com/podsim/podsim/e2e/controller"

func main() { controller.Main() }
