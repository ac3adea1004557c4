package deployer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/tfjson"
)

// unused are the actions that are granted and that no deployment of deploytest takes, with the reason.
var unused = map[string]string{
	"acm:RemoveTagsFromCertificate": tagsChange, "athena:UntagResource": tagsChange, "cloudfront:UntagResource": tagsChange,
	"cloudwatch:UntagResource": tagsChange, "firehose:UntagDeliveryStream": tagsChange, "glue:UntagResource": tagsChange, "iam:UntagRole": tagsChange,
	"kinesis:RemoveTagsFromStream": tagsChange, "kms:UntagResource": tagsChange, "logs:UntagResource": tagsChange, "sns:UntagResource": tagsChange,
	"wafv2:UntagResource": tagsChange,

	"kinesis:DecreaseStreamRetentionPeriod": "Stream.Retention becomes shorter",
	"kinesis:UpdateStreamMode":              "Stream.Capacity changes between shards and on demand",
	"kms:PutKeyPolicy":                      "an option adds a log group, which the key's policy names",
	"glue:UpdateDatabase":                   aRename,
	"kms:UpdateKeyDescription":              aRename,
	"iam:UpdateAssumeRolePolicy":            "a newer version of the project trusts another service, or under another condition",

	"apigateway:AddCertificateToDomain": clientCertificates, "apigateway:RemoveCertificateFromDomain": clientCertificates,
	"s3:GetObjectVersion": clientCertificates,

	"iam:CreateServiceLinkedRole": "moto makes no service-linked role",

	"kms:Decrypt": ofState, "kms:GenerateDataKey": ofState, "s3:DeleteObject": ofState,
}

const (
	tagsChange         = "Tags loses an entry"
	aRename            = "docs/renaming.md: the description or the name holds what is renamed"
	clientCertificates = "API.Domain.MutualTLS, which moto does not imitate"
	ofState            = "the state is read, written and locked by Terraform itself, whose calls are not recorded"
)

// deploytest/testdata/calls has the actions that the deployments of deploytest take. No other is granted. (Each of them is: deploytest
// compares them with the policies, with their resources.)
func TestGrantsAreUsed(t *testing.T) {
	granted := map[string]bool{}
	names, err := goldens.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		p := rolesOf(t, Config{Stacks: []*tfjson.Stack{stackNamed(t, name)}, Repository: "o/r"})
		for _, role := range []string{"plan", "deploy"} {
			for action := range actions(p.policy(t, role+"-"+name)) {
				granted[role+" "+action] = true
			}
		}
	}
	used := usedActions(t)
	for action := range granted {
		name := action[strings.Index(action, " ")+1:]
		// What a plan reads an apply reads before it changes something, whether a test lets it plan by itself or not.
		if !used[action] && !used["plan "+name] && unused[name] == "" {
			t.Errorf("%s is granted, and no deployment takes it", action)
		}
	}
	for name := range unused {
		if used["deploy "+name] || used["plan "+name] {
			t.Errorf("%s is listed as unused, and a deployment takes it", name)
		}
	}
}

func usedActions(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldens.Root(), "deploytest", "testdata", "calls", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	used := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return line == "" }) {
			used[line] = true
		}
	}
	return used
}
