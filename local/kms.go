package local

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

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
// answer has the members that say which key it is and whether it can be used. Of the AWS managed keys only those of the services of a
// pipeline are here.
func (p *Pipeline) serveKeys(w http.ResponseWriter, r *http.Request) {
	if target := r.Header.Get("X-Amz-Target"); target != "TrentService.DescribeKey" {
		p.refuseService(w, r, "kms", strings.TrimPrefix(cmp.Or(target, operationOf(r, nil)), "TrentService."))
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
	var in map[string]json.RawMessage // a struct would take the name in another case, which AWS ignores
	var id string
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if given := in["KeyId"]; err == nil && given != nil {
		err = json.Unmarshal(given, &id)
	}
	switch {
	case err != nil:
		fail("SerializationException", "the body is not the JSON of a call")
	case id == "":
		fail("ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
	case p.awsKey(id) != "":
		answer(http.StatusOK, map[string]keyMetadata{"KeyMetadata": p.describeKey(p.awsKey(id), "AWS", keyEnabled)})
	case p.declared.roles.Key(id) == "":
		fail("NotFoundException", fmt.Sprintf("Key '%s' does not exist in the stack that runs here; of AWS's own keys these are here: %s", id, strings.Join(awsAliases, ", ")))
	default:
		answer(http.StatusOK, map[string]keyMetadata{"KeyMetadata": p.describeKey(p.declared.roles.Key(id), "CUSTOMER", p.keyState())})
	}
}

// awsAliases are the aliases of the AWS managed keys that a pipeline's services use.
var awsAliases = []string{awsManaged + "kinesis", awsManaged + "s3", awsManaged + "sns"}

// awsKey returns the ARN of an AWS managed key, by its alias, its alias's ARN, its id or its ARN; "" for another key. AWS makes the id
// with the key. Here it follows from the alias, so that it is the same at each start.
func (p *Pipeline) awsKey(name string) string {
	prefix := fmt.Sprintf("arn:%s:kms:%s:%s:", p.declared.partition, p.declared.region, account)
	for _, alias := range awsAliases {
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(prefix+alias)).String()
		arn := prefix + "key/" + id
		if slices.Contains([]string{alias, prefix + alias, id, arn}, name) {
			return arn
		}
	}
	return ""
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
