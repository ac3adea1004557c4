package iam

import (
	"fmt"
	"maps"
	"strings"

	"cdk.tf/go/ingest/tfjson"
)

// readKey reads a KMS key's policy. A key without one gets KMS's default, which lets the account's IAM policies decide (AWS KMS
// Developer Guide, "Default key policy").
func (r *reader) readKey(resource tfjson.Resource) error {
	var body struct {
		Policy  string `tf:"policy"`
		Enabled *bool  `tf:"is_enabled"`

		// These have no effect here: nothing is encrypted, so no key is rotated or deleted.
		Description    string         `tf:"description"`
		Rotation       bool           `tf:"enable_key_rotation"`
		RotationDays   int            `tf:"rotation_period_in_days"`
		DeletionWindow int            `tf:"deletion_window_in_days"`
		Bypass         bool           `tf:"bypass_policy_lockout_safety_check"`
		Usage          string         `tf:"key_usage"`
		Spec           string         `tf:"customer_master_key_spec"`
		MultiRegion    bool           `tf:"multi_region"`
		Tags           map[string]any `tf:"tags"`
		TagsAll        map[string]any `tf:"tags_all"`
		Timeouts       any            `tf:"timeouts"`
		ID             string         `tf:"id"`
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	address := resource.Address()
	if body.Enabled != nil && !*body.Enabled {
		return fmt.Errorf("%s: is_enabled is false; leave it out: with a disabled key nothing can be written or read", address)
	}
	arn, err := r.stack.Attribute(address, "arn")
	if err != nil {
		return err
	}
	id, err := r.stack.Attribute(address, "key_id")
	if err != nil {
		return err
	}
	if body.Policy == "" {
		body.Policy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": {"AWS": "arn:` + r.roles.partition + `:iam::` + r.roles.account + `:root"}}]}`
	}
	r.roles.keys[arn], r.roles.keys[id] = arn, arn
	return r.addResourcePolicy(arn, address+": policy", body.Policy)
}

// readAlias reads an alias, after all keys are read.
func (r *reader) readAlias(resource tfjson.Resource) error {
	var body struct {
		Target string `tf:"target_key_id"`

		// The name and the ARN are read as attributes, because the provider may generate the name.
		Name       string `tf:"name"`
		NamePrefix string `tf:"name_prefix"`
		ID         string `tf:"id"`
	}
	if err := resource.Into(&body); err != nil {
		return err
	}
	for _, attribute := range []string{"name", "arn"} {
		name, err := r.stack.Attribute(resource.Address(), attribute)
		if err != nil {
			return err
		}
		if key, ok := r.roles.keys[body.Target]; ok {
			r.roles.keys[name] = key
		}
	}
	return nil
}

// Key returns the ARN of a KMS key that the stack declares, by its ARN, its id, an alias or an alias's ARN; "" for another key.
func (r *Roles) Key(key string) string { return r.keys[key] }

// HasKey reports whether the stack declares a KMS key, by its ARN, its id or an alias. Who may use another key is not known here.
func (r *Roles) HasKey(key string) bool { return r.keys[key] != "" }

// UseKey decides whether a service may do an action, such as "kms:Decrypt", with a key on the session's behalf. service is
// the first part of the service's principal, such as "kinesis". arn is the resource in the encryption context. A key that the stack
// does not declare is always allowed. A denial is a *Denied.
func (s *Session) UseKey(action, key, service, arn string) error {
	keyARN, ok := s.roles.keys[key]
	if !ok {
		return nil
	}
	return s.allow(call{action: action, resource: keyARN, service: service, context: arn})
}

// PutEncrypted is Allow of s3:PutObject for a request that names the key for the object's encryption.
func (s *Session) PutEncrypted(object, key string) error {
	return s.allow(call{action: "s3:PutObject", resource: object, key: key})
}

// contextOf returns the condition keys of one call.
//
// Assumption IAM-5: a call that a service makes to KMS on a role's behalf has the role's own condition keys, and those that KMS
// documents (AWS KMS Developer Guide, "Condition keys for AWS KMS"). Its aws:ViaAWSService is true (IAM User Guide,
// reference_policies_condition-keys).
func (s *Session) contextOf(c call) conditionKeys {
	if c.service == "" && c.key == "" {
		return s.context
	}
	context := maps.Clone(s.context)
	if c.service != "" {
		context["kms:viaservice"] = []string{c.service + "." + s.roles.region + "." + s.roles.dnsSuffix}
		context["kms:calleraccount"] = []string{s.roles.account}
		context[encryptionContext+"aws:"+c.service+":arn"] = []string{c.context}
		context["aws:viaawsservice"] = []string{"true"}
	}
	if c.key != "" {
		context["s3:x-amz-server-side-encryption"] = []string{"aws:kms"}
		context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{c.key}
	}
	return context
}

// encryptionContext is the prefix of an encryption context's condition keys.
const encryptionContext = "kms:encryptioncontext:"

// isKeyCondition reports whether contextOf fills in a condition key for the calls that have it.
func isKeyCondition(key string) bool {
	switch key {
	case "kms:calleraccount", "kms:viaservice", "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id",
		"s3:x-amz-server-side-encryption-customer-algorithm": // no call here has it
		return true
	}
	return strings.HasPrefix(key, encryptionContext)
}
