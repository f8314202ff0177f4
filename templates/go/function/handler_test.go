package function

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestACallIsAnswered(t *testing.T) {
	answer := httptest.NewRecorder()
	Handle(answer, httptest.NewRequest("POST", "/", strings.NewReader("reader")))
	if answer.Code >= 500 {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
}
