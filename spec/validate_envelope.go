package spec

func (p *problems) envelope(api API) {
	envelope := api.Envelope
	if !envelope.Enabled {
		p.unused("API.Envelope.Enabled is false", "set API.Envelope.Enabled to true, or leave it out",
			option{"API.Envelope.SourceIP", envelope.SourceIP},
			option{"API.Envelope.UserAgent", envelope.UserAgent},
			option{"API.Envelope.Principal", envelope.Principal},
			option{"API.Envelope.APIKeyID", envelope.APIKeyID})
		return
	}
	if envelope.UserAgent && api.Authorization.Lambda.reads(userAgentHeader) {
		p.add("API.Envelope.UserAgent", "is true while the header "+userAgentHeader+" is an identity source of API.Authorization.Lambda",
			"set it to false: the header identifies a caller to the function, and every record would hold it")
	}
	kind := api.Authorization.Kind
	if envelope.Principal && (kind == ByNothing || kind == ByAPIKey) {
		p.add("API.Envelope.Principal", `is true with API.Authorization.Kind = "`+string(kind)+`", which tells no principal`,
			"use AuthorizeIAM, AuthorizeCognito or AuthorizeLambda, or leave it out")
	}
	if envelope.APIKeyID && kind != ByAPIKey {
		p.add("API.Envelope.APIKeyID", `is true with API.Authorization.Kind = "`+string(kind)+`", which has no API keys`,
			"use AuthorizeAPIKey, or leave it out")
	}
}

// keptPersonalData warns of personal data in events that nothing deletes.
func keptPersonalData(e Environment) []string {
	if e.Bucket.ExpireAfterDays > 0 {
		return nil
	}
	var texts []string
	for _, field := range e.API.Envelope.personal() {
		texts = append(texts, field+" is true: events then hold personal data, and Bucket.ExpireAfterDays is 0, which keeps them forever; set it, or leave the field out")
	}
	return texts
}
