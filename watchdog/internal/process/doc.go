// Package process starts children, tells how they ended, and passes on what they print. It knows nothing of
// calls.
//
// The door is Table: one for the whole program starts every child and is the only one that waits for them,
// because as PID 1 it has to reap children that it never started, too.
package process
