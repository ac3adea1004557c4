package local

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"cdk.tf/go/ingest/local/faults"
)

// keyMetadata is a key in the answer to DescribeKey.
type keyMetadata struct {
	AWSAccountID string `json:"AWSAccountId"`
	KeyID        string `json:"KeyId"`
	ARN          string `json:"Arn"`
	// CreationDate is in seconds since 1970.
	CreationDate float64
	Enabled      bool
	KeyState     string
	KeyManager   string
	Origin       string
}

// serveKeys answers KMS's DescribeKey for the stack's keys, and refuses other operations.
//
// Assumption LOC-4: KMS's DescribeKey takes a key's id, its ARN, an alias or an alias's ARN, and answers with KeyMetadata, whose KeyState
// is Enabled or Disabled. For a key that does not exist the error is NotFoundException (API reference of KMS, DescribeKey). Here the
// answer has the members that say which key it is and whether it can be used. The alias of an AWS managed key, such as
// alias/aws/kinesis, stands for its id.
func (p *Pipeline) serveKeys(w http.ResponseWriter, r *http.Request) {
	if operation := operationOf(r, nil); operation != "DescribeKey" {
		p.refuseService(w, r, "kms", operation)
		return
	}
	answer := func(status int, value any) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(value) // the client may have gone
	}
	fail := func(code, message string) {
		answer(http.StatusBadRequest, map[string]string{"__type": code, "message": message})
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	var in struct {
		KeyID string `json:"KeyId"`
	}
	switch {
	case err != nil || json.Unmarshal(body, &in) != nil:
		fail("SerializationException", "the body is not the JSON of a call")
	case in.KeyID == "":
		fail("ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
	case strings.HasPrefix(in.KeyID, awsManaged):
		answer(http.StatusOK, map[string]keyMetadata{"KeyMetadata": p.describeKey(in.KeyID, "AWS", keyEnabled)})
	case p.declared.roles.Key(in.KeyID) == "":
		fail("NotFoundException", fmt.Sprintf("Key '%s' does not exist in the stack that runs here", in.KeyID))
	default:
		answer(http.StatusOK, map[string]keyMetadata{"KeyMetadata": p.describeKey(p.declared.roles.Key(in.KeyID), "CUSTOMER", p.keyState())})
	}
}

func (p *Pipeline) describeKey(arn, manager, state string) keyMetadata {
	return keyMetadata{
		AWSAccountID: account, KeyID: arn[strings.LastIndex(arn, "/")+1:], ARN: arn, CreationDate: float64(p.started.UnixMilli()) / 1000,
		Enabled: state == keyEnabled, KeyState: state, KeyManager: manager, Origin: "AWS_KMS",
	}
}

// The states of a key that can be here.
const keyEnabled, keyIsDisabled = "Enabled", "Disabled"

// keyState is the state of the stack's keys. A stack with a disabled key does not run, so only a drill disables them.
func (p *Pipeline) keyState() string {
	if p.faults.In(faults.KeyDisabled) {
		return keyIsDisabled
	}
	return keyEnabled
}
