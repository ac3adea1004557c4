package spec

import (
	"strings"
	"unicode/utf8"
)

// cdktfToken is in each text that CDKTF puts in place of a reference until it writes the stack. It begins with "$", "#" or "&".
const cdktfToken = "{TfToken["

// freeText is an option's text that may hold any character, and its field.
type freeText struct{ field, text string }

// freeTexts are the texts that no other rule keeps to ASCII.
func (e Environment) freeTexts() []freeText {
	texts := []freeText{{"API.Schema", e.API.Schema}, {"API.Example", e.API.Example}}
	for i, kind := range e.API.EventTypes {
		field := item("API.EventTypes", i)
		texts = append(texts, freeText{field + ".Schema", kind.Schema}, freeText{field + ".Example", kind.Example})
	}
	for i, column := range e.Query.Columns {
		texts = append(texts, freeText{item("Query.Columns", i) + ".Comment", column.Comment})
	}
	return texts
}

// encodings refuses texts that are not UTF-8. CDKTF gets each text as JSON, in which U+FFFD stands for what is not UTF-8.
func (p *problems) encodings(e Environment) {
	for _, free := range e.freeTexts() {
		if !utf8.ValidString(free.text) {
			p.add(free.field, "is not UTF-8", "save its text as UTF-8: CDKTF would put U+FFFD in place of other bytes")
		}
	}
}

// tokens refuses free texts that CDKTF would take for a reference of its own.
func (p *problems) tokens(e Environment) {
	texts := e.freeTexts()
	for i, name := range e.API.Authorization.Cognito.Scopes {
		texts = append(texts, freeText{item("API.Authorization.Cognito.Scopes", i), name})
	}
	for i, field := range e.Delivery.PartitionBy {
		texts = append(texts, freeText{item(partitionField, i) + ".Query", field.Query})
	}
	texts = append(texts, freeText{prefixField, e.Delivery.Prefix}, freeText{errorPrefixField, e.Delivery.ErrorPrefix})
	if e.State.S3 != nil {
		texts = append(texts, freeText{"State.S3.Key", e.State.S3.Key})
	}
	for _, free := range texts {
		if strings.Contains(free.text, cdktfToken) {
			p.add(free.field, "holds "+`"`+cdktfToken+`"`, "leave it out: CDKTF would replace it by something else")
		}
	}
}
