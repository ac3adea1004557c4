package main

import (
	"bytes"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

func TestIsPublic(t *testing.T) {
	for name, want := range map[string]bool{
		"dev": true, "option-none": true, "staging": false, "prod": false, "option-keys": false, "option-cognito": false, "option-lambda": false,
	} {
		stack, err := tfjson.Read(bytes.NewReader(goldens.Read(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		if got := isPublic(stack); got != want {
			t.Errorf("%s: public is %t, want %t", name, got, want)
		}
	}
}
