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
	// decided are decisions already made, which never change: the policies do not, and nor does the context.
	decided map[call]error
}

// call is what is decided about. service and context are of a call that a service makes to KMS on the session's behalf: its
// name, and the resource in the encryption context. key is the KMS key that a request to S3 names.
type call struct{ action, resource, service, context, key string }

// maxDecided bounds the decisions that a session keeps: each object in a bucket is a resource of its own, so they would
// grow without end. At the bound all are forgotten, which costs an evaluation for each that is still in use.
const maxDecided = 1024

// maxKept bounds, in bytes, the resource of a decision that is kept: an object's key has 1,024 at most, a stream's name 128,
// and what is longer is no resource, but somebody's word for one.
const maxKept = 2048

// sessionNames are what services call their sessions.
//
// Assumption IAM-4: the names are those seen in CloudTrail events and in senders' ids: BackplaneAssumeRoleSession of API
// Gateway (LocalStack uses it too), AWSFirehoseToS3 of Firehose. They tell nothing but who called.
var sessionNames = map[string]string{
	"apigateway.amazonaws.com": "BackplaneAssumeRoleSession",
	"firehose.amazonaws.com":   "AWSFirehoseToS3",
}

// namesService tells whether a trust policy lets in one of the services that assume roles here, on whatever condition.
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

// Assume lets a service assume a role, as sts:AssumeRole would: by the role's trust policy. service is its principal,
// such as firehose.amazonaws.com; context are the condition keys that the service gives, such as sts:ExternalId. The
// error is a *Denied where the trust policy does not allow it.
func (r *Roles) Assume(roleARN, service string, context map[string]string) (*Session, error) {
	found := r.byARN[roleARN]
	if found == nil {
		return nil, fmt.Errorf("the stack declares no role %s, which %s is to assume", roleARN, service)
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

// arn is the session's.
func (s *Session) arn() string { return s.principal.arns[0] }

// Allow decides whether the session may do an action, such as "s3:PutObject", to a resource: an ARN, or "*" for an
// action that is about none. A denial is a *Denied. It is safe for concurrent use, and cheap when repeated.
func (s *Session) Allow(action, resource string) error {
	return s.allow(call{action: action, resource: resource})
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

// decide evaluates the role's policies and the resource's: one Deny denies, one Allow allows, in either (IAM User Guide,
// reference_policies_evaluation-logic_policy-eval-basics: within an account an Allow in one of the two is enough). A key's
// policy has to let in the session or its account, whatever the role's policies say (AWS KMS Developer Guide, "Default key
// policy").
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
