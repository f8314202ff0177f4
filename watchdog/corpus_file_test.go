package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// corpusCase is one request of test/corpus/requests.json, which the gateway's tests read too. The file says
// what the fields mean.
type corpusCase struct {
	Name         string
	Request      corpusText
	Expect       string
	Status       []int
	After        string
	Method       string
	Target, Body corpusText
	MayReach     bool
}

// corpusText is bytes: a character of the file is one.
type corpusText string

func (t *corpusText) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		parts = []json.RawMessage{raw}
	}
	for _, part := range parts {
		text, err := corpusPart(part)
		if err != nil {
			return err
		}
		*t += corpusText(text)
	}
	return nil
}

func corpusPart(raw []byte) (string, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		var bytes []byte
		for _, c := range strings.ReplaceAll(text, "{path}", "") {
			bytes = append(bytes, byte(c))
		}
		return string(bytes), nil
	}
	var part struct {
		Repeat            string
		Times             int
		Length, HexLength *string
	}
	if err := json.Unmarshal(raw, &part); err != nil {
		return "", err
	}
	switch {
	case part.Length != nil:
		return fmt.Sprint(len(strings.ReplaceAll(*part.Length, "{path}", ""))), nil
	case part.HexLength != nil:
		return fmt.Sprintf("%x", len(strings.ReplaceAll(*part.HexLength, "{path}", ""))), nil
	}
	return strings.Repeat(part.Repeat, part.Times), nil
}

// readCorpus reads a file of test/corpus, which has at least so many cases.
func readCorpus[T any](t *testing.T, name string, least int) []T {
	t.Helper()
	raw, err := os.ReadFile("../test/corpus/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var corpus struct{ Cases []T }
	if err := json.Unmarshal(raw, &corpus); err != nil {
		t.Fatal(err)
	}
	if len(corpus.Cases) < least {
		t.Fatalf("only %d cases", len(corpus.Cases))
	}
	return corpus.Cases
}
