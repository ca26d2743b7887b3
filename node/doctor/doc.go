// Package doctor looks at a node from outside, whether it runs or not, and says
// of every finding what mends it.
package doctor
