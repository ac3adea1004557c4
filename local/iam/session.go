package iam

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Session is a role that a service has assumed.
type Session struct {
	roles     *Roles
	role      *role
	principal principal
	context   conditionKeys

	mutex sync.RWMutex
	// decided caches decisions. They never change, because neither the policies nor the context do.
	decided map[call]error
}

// call is a call to decide. If a service calls KMS on the session's behalf, service is that service's name, and context is the
// resource in the encryption context. key is the KMS key that a request to S3 names.
type call struct{ action, resource, service, context, key string }

// maxDecided bounds the decisions that a session caches: each object in a bucket is a separate resource, so they would grow without
// end. At the bound the cache is cleared, which costs one evaluation for each decision still in use.
const maxDecided = 1024

// maxKept bounds, in bytes, the resource of a cached decision. An object's key has at most 1,024 and a stream's name 128, so a
// longer text is not a real resource, but a client's input.
const maxKept = 2048

// sessionNames are the names that services give their sessions.
//
// Assumption IAM-4: the session of a role that a service assumes is named BackplaneAssumeRoleSession for API Gateway (LocalStack
// uses it too) and AWSFirehoseToS3 for Firehose, as seen in CloudTrail events and in senders' ids.
//
// The names only identify the caller.
var sessionNames = map[string]string{
	"apigateway.amazonaws.com": "BackplaneAssumeRoleSession",
	"firehose.amazonaws.com":   "AWSFirehoseToS3",
}

// namesService reports whether a trust policy allows one of the services that assume roles here, whatever its conditions.
func (d document) namesService() bool {
	return slices.ContainsFunc(d.statements, func(s statement) bool {
		for service := range sessionNames {
			if s.allows && s.principals.match(principal{service: service}) == named {
				return true
			}
		}
		return false
	})
}

// Assume lets a service assume a role as sts:AssumeRole would, if the role's trust policy allows it; if not, the error is a *Denied.
// service is the service's principal, such as firehose.amazonaws.com. context holds the condition keys that the service gives, such
// as sts:ExternalId.
func (r *Roles) Assume(roleARN, service string, context map[string]string) (*Session, error) {
	found := r.byARN[roleARN]
	if found == nil {
		return nil, fmt.Errorf("the stack does not declare the role %s, which %s must assume", roleARN, service)
	}
	request := request{
		action: "sts:AssumeRole", resource: roleARN, principal: principal{service: service},
		context: conditionKeys{"aws:securetransport": {"true"}},
	}
	for key, value := range context {
		request.context[strings.ToLower(key)] = []string{value}
	}
	decision, by := found.trust.evaluate(&request)
	if decision != allow {
		d := &Denied{Principal: service, Action: request.action, Resource: roleARN, Policy: "role trust"}
		if decision == deny {
			d = d.by(found.trust, by)
		}
		return nil, d
	}
	return r.session(found, service), nil
}

func (r *Roles) session(found *role, service string) *Session {
	name, ok := sessionNames[service]
	if !ok {
		name, _, _ = strings.Cut(service, ".")
	}
	arn := "arn:" + r.partition + ":sts::" + r.account + ":assumed-role/" + found.name + "/" + name
	return &Session{
		roles: r, role: found, decided: map[call]error{},
		principal: principal{account: r.account, arns: []string{arn, found.arn}},
		context: conditionKeys{
			"aws:principalaccount":      {r.account},
			"aws:principalarn":          {found.arn},
			"aws:principalisawsservice": {"false"}, // "set to false if the service uses a service role"
			"aws:principaltype":         {"AssumedRole"},
			"aws:requestedregion":       {r.region},
			"aws:resourceaccount":       {r.account},
			"aws:securetransport":       {"true"}, // AWS's services call each other over TLS
			"aws:userid":                {found.uniqueID + ":" + name},
			"aws:viaawsservice":         {"false"}, // "when the service uses a service role"
			"s3:resourceaccount":        {r.account},
		},
	}
}

// arn is the session's ARN.
func (s *Session) arn() string { return s.principal.arns[0] }

// Allow decides whether the session may do an action, such as "s3:PutObject", on a resource: an ARN, or "*" for an
// action without a resource. A denial is a *Denied. It is safe for concurrent use, and cheap when repeated.
func (s *Session) Allow(action, resource string) error {
	return s.allow(call{action: action, resource: resource})
}

// Lacking is the error of a call that no policy allows any more, whatever the policies say. It is a *Denied.
func (s *Session) Lacking(action, resource string) error {
	return &Denied{Principal: s.arn(), Action: action, Resource: resource, Policy: "identity-based"}
}

// Refused is the error of a call that the resource's policy denies, whatever the policies say. It is a *Denied.
func (s *Session) Refused(action, resource string) error {
	return &Denied{Principal: s.arn(), Action: action, Resource: resource, Policy: "resource-based", Explicit: true}
}

func (s *Session) allow(c call) error {
	s.mutex.RLock()
	err, known := s.decided[c]
	s.mutex.RUnlock()
	if known {
		return err
	}
	err = s.decide(c)
	if len(c.resource) > maxKept || len(c.context) > maxKept {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.decided) >= maxDecided {
		clear(s.decided)
	}
	s.decided[c] = err
	return err
}

// decide evaluates the role's policies and the resource's policy. One Deny in either denies; without a Deny, one Allow in either
// allows (IAM User Guide, reference_policies_evaluation-logic_policy-eval-basics: within an account an Allow in one of the two is
// enough). A KMS key's policy must also allow the session or its account, whatever the role's policies allow (AWS KMS Developer
// Guide, "Default key policy").
func (s *Session) decide(c call) error {
	request := &request{action: c.action, resource: c.resource, principal: s.principal, context: s.contextOf(c)}
	denied := &Denied{Principal: s.arn(), Action: c.action, Resource: c.resource, Policy: "identity-based"}
	allowed := false
	for _, policy := range s.role.policies {
		decision, by := policy.evaluate(request)
		if decision == deny {
			return denied.by(policy, by)
		}
		allowed = allowed || decision == allow
	}
	if policy, ok := s.roles.policyOf(c.resource); ok {
		decision, by := policy.evaluate(request)
		switch {
		case decision == deny:
			denied.Policy = "resource-based"
			return denied.by(policy, by)
		case decision == silent && c.service != "":
			denied.Policy = "resource-based"
			return denied
		}
		allowed = allowed || decision == allow
	}
	if !allowed {
		return denied
	}
	return nil
}
