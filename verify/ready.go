package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Ready refuses, before anything is sent, credentials and outputs with which checks would say of a right deployment that somebody changed
// it.
func Ready(ctx context.Context, opts Options) error {
	if opts.Pipeline.Local {
		return nil
	}
	return errors.Join(opts.completeOutputs(), opts.sameAccount(ctx))
}

func (o Options) runs(group string) bool {
	return !o.Smoke && (len(o.Groups) == 0 || slices.Contains(o.Groups, group))
}

// sameAccount refuses credentials of another account than the deployment's, where nothing of it exists. A client of the API may be of
// another account, so the contract takes any. Where AWS does not tell the account, the checks say why.
func (o Options) sameAccount(ctx context.Context) error {
	deployed, _ := arn.Parse(o.Pipeline.Outputs.Text("stream_arn")) // has no account where there is no such output
	if deployed.AccountID == "" || slices.Equal(o.Groups, []string{"contract"}) {
		return nil
	}
	caller, err := o.AWS.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(caller.Account) == deployed.AccountID {
		return nil //nolint:nilerr // the checks name what is wrong with the credentials
	}
	return fmt.Errorf("the credentials are of the account %s (%s), and the output stream_arn of the deployment names the account %s: use credentials of that account (AWS_PROFILE), or the outputs of a deployment in this one",
		aws.ToString(caller.Account), aws.ToString(caller.Arn), deployed.AccountID)
}

// completeOutputs refuses outputs without what the checks of the surroundings take from them. Without an id that AWS made up in the apply
// they would compare the deployment with another.
func (o Options) completeOutputs() error {
	if !o.runs("surroundings") {
		return nil
	}
	var lacks []string
	for _, output := range o.Pipeline.stack.Outputs() {
		if needed := slices.Contains([]string{"access_log_group", "stream_arn"}, output.Name) || slices.Contains(made, output.Name); needed && text(output.Value) != "" && o.Pipeline.Outputs.Text(output.Name) == "" {
			lacks = append(lacks, output.Name)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	slices.Sort(lacks)
	return fmt.Errorf("the outputs have no %s, which the stack declares: give all outputs of the deployment (terraform output -json), or deploy the stack again", strings.Join(lacks, ", "))
}
