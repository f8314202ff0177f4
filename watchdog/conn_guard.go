package main

import (
	"sync"
	"time"
)

// cause says why a call was ended from outside.
type cause uint8

const (
	notEnded cause = iota
	timedOut
	clientGone
	bodyStalled
	shutDown
	crowdedOut // its place was needed for a new connection
)

// phase is what a client connection currently waits for.
type phase uint8

const (
	phaseIdle   phase = iota // the next request
	phaseHead                // the rest of a request head
	phaseCall                // the function
	phaseTunnel              // either side of an upgraded connection
	phaseLinger              // that the client reads the last answer
	phaseClosed
)

// interruptible is whatever a running call blocks on.
type interruptible interface {
	interrupt(why cause)
}

// guard ends a phase of a connection when its deadline passes or its client leaves. One lazily armed timer
// serves all phases. A call that ends in time needs no timer operation: when the timer fires, it checks
// whether it is still due.
type guard struct {
	mu             sync.Mutex
	phase          phase
	deadline       time.Time // zero: none
	timer          *time.Timer
	firesAt        time.Time // zero: not armed
	blocked        interruptible
	cause          cause
	hasLeft        bool // the client is gone
	endsWithClient bool // a leaving client ends the call
	bodyAbandoned  bool // the request body is no longer read
	probes         bool // an interim answer may be sent to see whether the client is still there
	// ended runs after a cause was noted, with the phase it hit.
	ended func(phase, cause)
}

// enter begins a phase and clears the cause and target of the former one.
func (g *guard) enter(p phase, deadline time.Time) {
	g.mu.Lock()
	if g.phase != phaseClosed {
		g.phase, g.cause, g.blocked = p, notEnded, nil
		g.setDeadline(deadline)
	}
	g.mu.Unlock()
}

// enterCall begins a call that must end by deadline. endsWithClient says whether it ends when its client
// leaves, probes whether the client understands interim answers. It returns what had ended the phase before,
// because a shutdown may have hit the idle connection while this request came in.
func (g *guard) enterCall(deadline time.Time, endsWithClient, probes bool) (before cause) {
	g.mu.Lock()
	before = g.cause
	if g.phase != phaseClosed {
		g.phase, g.cause, g.blocked, g.endsWithClient = phaseCall, notEnded, nil, endsWithClient
		g.bodyAbandoned, g.probes = false, endsWithClient && probes
		g.setDeadline(deadline)
	}
	g.mu.Unlock()
	return before
}

// speak says that the call itself writes to the client from now on.
func (g *guard) speak() {
	g.mu.Lock()
	g.probes = false
	g.mu.Unlock()
}

// limit moves the deadline of the phase; zero removes it.
func (g *guard) limit(deadline time.Time) {
	g.mu.Lock()
	g.setDeadline(deadline)
	g.mu.Unlock()
}

// attach sets what the call blocks on from now on. If the call has been ended already, it returns why and
// attaches nothing. Detach with nil.
func (g *guard) attach(target interruptible) cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause != notEnded {
		return g.cause
	}
	if g.hasLeft && g.endsWithClient && target != nil {
		g.cause = clientGone
		return g.cause
	}
	g.blocked = target
	return notEnded
}

// why returns the cause that ended this phase.
func (g *guard) why() cause {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}

// setDeadline needs the lock.
func (g *guard) setDeadline(deadline time.Time) {
	g.deadline = deadline
	if deadline.IsZero() || (!g.firesAt.IsZero() && !deadline.Before(g.firesAt)) {
		return
	}
	g.firesAt = deadline
	wait := time.Until(deadline)
	if g.timer == nil {
		g.timer = time.AfterFunc(wait, g.fire)
		return
	}
	g.timer.Reset(wait)
}

func (g *guard) fire() {
	g.mu.Lock()
	g.firesAt = time.Time{}
	if g.deadline.IsZero() || g.phase == phaseClosed {
		g.mu.Unlock()
		return
	}
	if wait := time.Until(g.deadline); wait > 0 {
		g.setDeadline(g.deadline)
		g.mu.Unlock()
		return
	}
	g.end(timedOut)
}

// crowdRank tells how long the connection has waited for its client, as the time at which that wait ends.
// False for a connection that must not be closed to make room.
func (g *guard) crowdRank() (p phase, until time.Time, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	waits := g.phase == phaseIdle || g.phase == phaseHead || g.phase == phaseLinger
	return g.phase, g.deadline, waits && g.cause == notEnded
}

// crowdOut ends the connection if it is still in phase p; false otherwise.
func (g *guard) crowdOut(p phase) bool {
	g.mu.Lock()
	if g.phase != p || g.cause != notEnded {
		g.mu.Unlock()
		return false
	}
	g.end(crowdedOut)
	return true
}

// clientLeft notes that the client is gone, and ends a call that is to end with its client.
func (g *guard) clientLeft() {
	g.mu.Lock()
	g.hasLeft = true
	if g.phase != phaseCall || !g.endsWithClient {
		g.mu.Unlock()
		return
	}
	g.end(clientGone)
}

// bodyBroke ends the call because its request body could not be read; false when the rest was no longer
// wanted.
func (g *guard) bodyBroke(why cause) bool {
	g.mu.Lock()
	if g.bodyAbandoned {
		g.mu.Unlock()
		return false
	}
	g.end(why)
	return true
}

// stopIdle ends the connection only if it has no request.
func (g *guard) stopIdle() {
	g.mu.Lock()
	if g.phase != phaseIdle {
		g.mu.Unlock()
		return
	}
	g.end(shutDown)
}

// end takes the lock over and releases it. Only the first cause of a phase counts.
func (g *guard) end(why cause) {
	if g.cause != notEnded || g.phase == phaseClosed {
		g.mu.Unlock()
		return
	}
	g.cause = why
	target, p := g.blocked, g.phase
	// The interruption happens under the lock, so that it cannot hit the target of the next phase.
	if target != nil {
		target.interrupt(why)
	}
	g.ended(p, why)
	g.mu.Unlock()
}

// close ends the guard's life.
func (g *guard) close() {
	g.mu.Lock()
	g.phase, g.blocked, g.deadline = phaseClosed, nil, time.Time{}
	if g.timer != nil {
		g.timer.Stop()
	}
	g.mu.Unlock()
}

// wakeup is an interruptible that only wakes.
type wakeup chan struct{}

func (w wakeup) interrupt(cause) { close(w) }
