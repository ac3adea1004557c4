// Package iam declares roles that one AWS service assumes, with the least permissions that it needs.
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
	// KeepName makes Terraform keep a role that exists, and so its ARN, when Name changes.
	KeepName bool
}

// Role is the declared role.
type Role struct {
	ARN string
	// Made is the role. Slow resources depend on it, so that AWS knows the role everywhere when something uses it.
	Made cdktf.ITerraformDependable
	// Ready are the role's policies. A user of the role must depend on them, or AWS may refuse it in the first seconds.
	Ready []cdktf.ITerraformDependable

	c    constructs.Construct
	name *string
}

// New declares the role, without permissions.
func New(scope constructs.Construct, id string, cfg Config) *Role {
	c := constructs.NewConstruct(scope, jsii.String(id))
	trust := Document{{
		Principal:  map[string]string{"Service": cfg.Service},
		Actions:    []string{"sts:AssumeRole"},
		Conditions: cfg.TrustConditions,
	}}
	role := &iamrole.IamRoleConfig{
		Name:             jsii.String(cfg.Name),
		Description:      jsii.String(cfg.Description),
		AssumeRolePolicy: jsii.String(trust.JSON()),
	}
	if cfg.KeepName {
		role.Lifecycle = &cdktf.TerraformResourceLifecycle{IgnoreChanges: jsii.Strings("name")}
	}
	resource := tf.New(c, "Default", iamrole.NewIamRole, role)
	return &Role{ARN: *resource.Arn(), Made: resource, c: c, name: resource.Name()}
}

// Allow gives the role inline policies by name. A name is also a construct id: no "_".
func (r *Role) Allow(policies map[string]Document) {
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		r.Ready = append(r.Ready, tf.New(r.c, name, iamrolepolicy.NewIamRolePolicy, &iamrolepolicy.IamRolePolicyConfig{
			Name:   jsii.String(name),
			Role:   r.name,
			Policy: jsii.String(policies[name].JSON()),
		}))
	}
}
