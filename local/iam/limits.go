package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// The most characters of policies, without white space (IAM User Guide, "IAM and AWS STS quotas").
const (
	maxManaged = 6_144
	// maxInline is for all inline policies of a role together.
	maxInline = 10_240
	// maxTrust is the most that an account may have; without an increase it has 2,048.
	maxTrust = 4_096
)

// length is what IAM counts of a policy, which is JSON.
func length(text string) int {
	var compact bytes.Buffer
	_ = json.Compact(&compact, []byte(text)) // it was read before
	return utf8.RuneCount(compact.Bytes())
}

// bound refuses a policy that is longer than IAM takes.
func bound(place, text string, most int, remedy string) error {
	if n := length(text); n > most {
		return fmt.Errorf("%s: it has %d characters without white space, and IAM takes %d; %s", place, n, most, remedy)
	}
	return nil
}

// sid is the form of a statement's Sid in a policy of IAM ("Statement IDs (SID) must be alpha-numeric", Wolox/carthage_cache#22).
var sid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

// checkIDs checks the Sids of a policy of IAM. A Sid may be empty several times (localstack/localstack#1556), and else must be unique
// (kubernetes/kops#4951).
func (d document) checkIDs() error {
	first := map[string]int{}
	for i, s := range d.statements {
		switch other, taken := first[s.id]; {
		case !sid.MatchString(s.id):
			return fmt.Errorf(`statement %d: "Sid" is %q; IAM takes letters and digits alone`, i+1, s.id)
		case taken && s.id != "":
			return fmt.Errorf(`statement %d: "Sid" is %q, as in statement %d; IAM takes each once, so use another`, i+1, s.id, other)
		}
		first[s.id] = i + 1
	}
	return nil
}
