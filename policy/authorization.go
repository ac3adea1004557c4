package policy

// authorization: a browser sends a preflight without credentials, so OPTIONS stays open. It is a mock, which reaches nothing.
func authorization(c *checker) {
	if c.expect.Public {
		return
	}
	for _, m := range c.methods() {
		if m.verb == options && c.isMock(m) {
			continue
		}
		if keyed, ok := c.literal(in(m.Resource), "api_key_required"); ok && keyed != "true" {
			c.want(in(m.Resource), "authorization", "AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM")
		}
	}
}
