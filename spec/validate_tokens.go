package spec

import "strings"

// cdktfToken is in each text that CDKTF puts in place of a reference until it writes the stack. It begins with "$", "#" or "&".
const cdktfToken = "{TfToken["

// tokens refuses free texts that CDKTF would take for a reference of its own.
func (p *problems) tokens(e Environment) {
	check := func(field, text string) {
		if strings.Contains(text, cdktfToken) {
			p.add(field, "holds "+`"`+cdktfToken+`"`, "leave it out: CDKTF would replace it by something else")
		}
	}
	check("API.Schema", e.API.Schema)
	check("API.Example", e.API.Example)
	for i, kind := range e.API.EventTypes {
		check(item("API.EventTypes", i)+".Schema", kind.Schema)
		check(item("API.EventTypes", i)+".Example", kind.Example)
	}
	for i, name := range e.API.Authorization.Cognito.Scopes {
		check(item("API.Authorization.Cognito.Scopes", i), name)
	}
	for i, field := range e.Delivery.PartitionBy {
		check(item(partitionField, i)+".Query", field.Query)
	}
	for i, column := range e.Query.Columns {
		check(item("Query.Columns", i)+".Comment", column.Comment)
	}
	check(prefixField, e.Delivery.Prefix)
	check(errorPrefixField, e.Delivery.ErrorPrefix)
	if e.State.S3 != nil {
		check("State.S3.Key", e.State.S3.Key)
	}
}
