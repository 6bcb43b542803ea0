// Package services decides what Services mean: which pods stand behind them, where connections to them go, and what the cluster's DNS
// says. It is pure: Services and pods go in as the store has them, the tables of package serviceproxy come out.
package services
