package spec

import (
	"strings"
	"testing"
)

func enveloped(authorization Authorization, envelope Envelope) func(e *Environment) {
	return func(e *Environment) {
		envelope.Enabled = true
		e.API.Authorization, e.API.Envelope = authorization, envelope
	}
}

func TestEnvelopeRefused(t *testing.T) {
	const (
		unused      = ` is set and API.Envelope.Enabled is false; set API.Envelope.Enabled to true, or leave it out`
		noPrincipal = `, which tells no principal; use AuthorizeIAM, AuthorizeCognito or AuthorizeLambda, or leave it out`
		noKeys      = `, which has no API keys; use AuthorizeAPIKey, or leave it out`
	)
	keys := AuthorizeAPIKey(UsagePlan{Keys: []string{"web"}, RateLimit: 1, BurstLimit: 1})
	testRefusals(t, []refusal{
		{"fields of no envelope", func(e *Environment) {
			e.API.Envelope = Envelope{SourceIP: true, UserAgent: true, Principal: true, APIKeyID: true}
		}, []string{
			"API.Envelope.SourceIP" + unused, "API.Envelope.UserAgent" + unused, "API.Envelope.Principal" + unused, "API.Envelope.APIKeyID" + unused,
		}},
		{"nobody's principal", enveloped(AuthorizeNone(), Envelope{Principal: true}), []string{`API.Envelope.Principal is true with API.Authorization.Kind = "NONE"` + noPrincipal}},
		{"a key's principal", enveloped(keys, Envelope{Principal: true}), []string{`API.Envelope.Principal is true with API.Authorization.Kind = "API_KEY"` + noPrincipal}},
		{"IAM's key", enveloped(AuthorizeIAM(), Envelope{APIKeyID: true}), []string{`API.Envelope.APIKeyID is true with API.Authorization.Kind = "AWS_IAM"` + noKeys}},
		{"a partition that is a column", func(e *Environment) {
			enveloped(AuthorizeIAM(), Envelope{Principal: true})(e)
			e.Query.Enabled, e.Delivery.Prefix = true, "events/principal=!{timestamp:yyyy}/"
		}, []string{`Delivery.Prefix is "events/principal=!{timestamp:yyyy}/", whose partition "principal" is a column of the table too; rename the partition`}},
		{"a partition that is the event", func(e *Environment) {
			e.Query.Enabled, e.Delivery.Prefix = true, "events/event=!{timestamp:yyyy}/"
		}, []string{`Delivery.Prefix is "events/event=!{timestamp:yyyy}/", whose partition "event" is a column of the table too; rename the partition`}},
	})
	testAcceptances(t, []acceptance{
		{"IAM", enveloped(AuthorizeIAM(), Envelope{SourceIP: true, UserAgent: true, Principal: true})},
		{"a key", enveloped(keys, Envelope{APIKeyID: true})},
		{"a column named as a partition is a field of the event", func(e *Environment) {
			enveloped(AuthorizeNone(), Envelope{})(e)
			e.Query.Enabled, e.Query.Columns = true, []Column{{Name: "month", Type: "string"}}
		}},
	})
}

func TestColumnsOfAnEnvelope(t *testing.T) {
	env := Default("dev")
	env.API.Batch, env.Query.Enabled = true, true
	enveloped(AuthorizeIAM(), Envelope{SourceIP: true, UserAgent: true, Principal: true, APIKeyID: true})(&env)
	check := func(event string) {
		t.Helper()
		want := "receivedat timestamp, requestid string, sourceip string, useragent string, principal string, apikeyid string, index int, event " + event
		got := ""
		for i, column := range env.TableColumns() {
			if i > 0 {
				got += ", "
			}
			got += column.Name + " " + column.Type
		}
		if got != want {
			t.Errorf("the columns are %s, want %s", got, want)
		}
	}
	check("string")
	env.Query.Columns = []Column{{Name: "type", Type: "string"}, {Name: "user", Type: "struct<id:string>"}}
	check("struct<type:string,user:struct<id:string>>")

	names := func() string {
		var names []string
		for _, column := range env.TableColumns() {
			names = append(names, column.Name)
		}
		return strings.Join(names, " ")
	}
	env.API.Envelope = Envelope{Enabled: true}
	typed(EventType{Name: "order"})(&env)
	if got, want := names(), "receivedat requestid type index event"; got != want {
		t.Errorf("with event types the columns are %s, want %s", got, want)
	}
	env.Delivery.PartitionBy = []PartitionField{{Name: "type", Query: ".type"}}
	if got, want := names(), "receivedat requestid index event"; got != want {
		t.Errorf("with a partition of that name the columns are %s, want %s", got, want)
	}
}

func TestPersonalDataThatIsKept(t *testing.T) {
	env := Default("dev")
	enveloped(AuthorizeNone(), Envelope{SourceIP: true})(&env)
	want := "API.Envelope.SourceIP is true: events then hold personal data, and Bucket.ExpireAfterDays is 0, which keeps them forever; set it, or leave the field out"
	if got := keptPersonalData(env); len(got) != 1 || got[0] != want {
		t.Errorf("the warnings are %q, want %q", got, want)
	}
	env.Bucket.ExpireAfterDays = 1
	if got := keptPersonalData(env); len(got) != 0 {
		t.Errorf("the warnings are %q", got)
	}
}
