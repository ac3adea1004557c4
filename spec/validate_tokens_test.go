package spec

import "testing"

func TestTokensOfCDKTF(t *testing.T) {
	const (
		token = "${TfToken[TOKEN.1]}"
		said  = ` holds "{TfToken["; leave it out: CDKTF would replace it by something else`
	)
	testRefusals(t, []refusal{
		{"a schema", schema(`{"description": "` + token + `"}`), []string{"API.Schema" + said}},
		{"an example", func(e *Environment) { e.API.Example = `{"a": "#{TfToken[TOKEN.0]}"}` }, []string{"API.Example" + said}},
		{"a type", typed(EventType{Name: "a", Schema: `{"title": "` + token + `"}`, Example: `{"a": "` + token + `"}`}), []string{
			"API.EventTypes[0].Schema" + said, "API.EventTypes[0].Example" + said,
		}},
		{"a scope", func(e *Environment) {
			e.API.Authorization = AuthorizeCognito(Cognito{UserPoolARNs: []string{onePool}, Scopes: []string{"a", token}})
		}, []string{"API.Authorization.Cognito.Scopes[1]" + said}},
		{"a query", byField(none, PartitionField{Name: "a", Query: `.a + "` + token + `"`}), []string{"Delivery.PartitionBy[0].Query" + said}},
		{"a comment", columned(Column{Name: "a", Type: "int", Comment: token}), []string{"Query.Columns[0].Comment" + said}},
		{"prefixes", func(e *Environment) {
			e.Delivery.Prefix, e.Delivery.ErrorPrefix = "a/#{TfToken[T]}/", "b/#{TfToken[T]}/!{firehose:error-output-type}/"
		}, []string{"Delivery.Prefix" + said, "Delivery.ErrorPrefix" + said}},
		{"a key", inS3(func(s *S3State) { s.Key = "#{TfToken[T]}" }), []string{"State.S3.Key" + said}},
	})
}

func TestTextsThatAreNotUTF8(t *testing.T) {
	const said = " is not UTF-8; save its text as UTF-8: CDKTF would put U+FFFD in place of other bytes"
	testRefusals(t, []refusal{
		{"a schema", schema("{\"enum\": [{\"city\": \"K\xf6ln\"}]}"), []string{"API.Schema" + said}},
		{"an example", func(e *Environment) { e.API.Example = "{\"city\": \"K\xf6ln\"}" }, []string{"API.Example" + said}},
		{"a type", typed(EventType{Name: "a", Schema: "{\"title\": \"K\xf6ln\"}", Example: "{\"a\": \"K\xf6ln\"}"}), []string{
			"API.EventTypes[0].Schema" + said, "API.EventTypes[0].Example" + said,
		}},
		{"a comment", columned(Column{Name: "a", Type: "int", Comment: "K\xf6ln"}), []string{"Query.Columns[0].Comment" + said}},
	})
	testAcceptances(t, []acceptance{{"UTF-8", func(e *Environment) { e.API.Example = "{\"city\": \"K\u00f6ln \ufffd\"}" }}})
}
