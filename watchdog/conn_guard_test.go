package main

import (
	"testing"
	"time"
)

type recorded struct{ causes chan cause }

func (r *recorded) interrupt(why cause) { r.causes <- why }

func newTestGuard() (*guard, *recorded) {
	g := &guard{ended: func(phase, cause) {}}
	return g, &recorded{make(chan cause, 10)}
}

func TestGuardEndsACallAtItsDeadline(t *testing.T) {
	g, target := newTestGuard()
	defer g.close()
	g.enter(phaseIdle, time.Now().Add(time.Hour)) // a timer armed for later must not hide the call's deadline
	g.enterCall(time.Now().Add(20*time.Millisecond), true, false)
	g.attach(target)
	if why := <-target.causes; why != timedOut || g.why() != timedOut {
		t.Error(why)
	}
	if g.attach(target) != timedOut {
		t.Error("an ended call accepted something new to wait for")
	}
}

func TestGuardTimerOfAFormerCallIsHarmless(t *testing.T) {
	g, target := newTestGuard()
	defer g.close()
	g.enterCall(time.Now().Add(10*time.Millisecond), true, false)
	g.enterCall(time.Now().Add(time.Hour), true, false)
	g.attach(target)
	time.Sleep(50 * time.Millisecond)
	if g.why() != notEnded {
		t.Error("the former deadline hit the next call")
	}
}

func TestGuardHeedsALeavingClientOnlyWhereAsked(t *testing.T) {
	g, target := newTestGuard()
	defer g.close()
	g.enterCall(time.Time{}, false, false)
	g.attach(target)
	g.clientLeft()
	if g.why() != notEnded {
		t.Error("classic calls must run to their end")
	}
	g.enterCall(time.Time{}, true, false)
	if g.attach(target) != clientGone {
		t.Error("a client that left before the call was not noticed")
	}
}
