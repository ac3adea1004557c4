// Package iam declares roles that one AWS service assumes, with the least that it needs.
package iam

import (
	"maps"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrole"
	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/iamrolepolicy"
	"github.com/hashicorp/terraform-cdk-go/cdktf"

	"cdk.tf/go/ingest/modules/internal/tf"
)

// Config of a role.
type Config struct {
	Name        string
	Description string
	// Service is the service principal that may assume the role, such as "firehose.amazonaws.com".
	Service string
	// TrustConditions narrow who may assume it: operator, key, values.
	TrustConditions map[string]map[string][]string
	// Policies are inline policies by name. A name is also a construct id: no "_".
	Policies map[string]Document
}

// Role is what was made.
type Role struct {
	ARN string
	// Ready are the role's policies: what uses the role must depend on them, or it may be refused in its first seconds.
	Ready []cdktf.ITerraformDependable
}

// New declares the role and its policies.
func New(scope constructs.Construct, id string, cfg Config) *Role {
	c := constructs.NewConstruct(scope, jsii.String(id))
	trust := Document{{
		Principal:  map[string]string{"Service": cfg.Service},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: cfg.TrustConditions,
	}}
	resource := tf.New(c, "Default", iamrole.NewIamRole, &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.Name),
		Description:      jsii.String(cfg.Description),
		AssumeRolePolicy: jsii.String(trust.JSON()),
	})
	roleName := resource.Name()
	role := &Role{ARN: *resource.Arn()}
	for _, name := range slices.Sorted(maps.Keys(cfg.Policies)) {
		role.Ready = append(role.Ready, tf.New(c, name, iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
			Name:   jsii.String(name),
			Role:   roleName,
			Policy: jsii.String(cfg.Policies[name].JSON()),
		}))
	}
	return role
}
