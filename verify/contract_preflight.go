package verify

import (
	"context"
	"net/http"
	"slices"
)

// preflightChecks are the requests with which a browser asks before it sends an event from another origin.
func preflightChecks(to route) []check {
	return []check{
		{
			id: "contract" + to.path + "/options", title: "OPTIONS " + to.path + " lets an allowed origin submit", hidden: noPreflight,
			look: func(ctx context.Context, r *run) outcome {
				return r.preflight(ctx, to, r.cors.origin(), r.cors.allowed())
			},
		},
		{
			id: "contract" + to.path + "/options-foreign", title: "OPTIONS " + to.path + " lets no other origin submit", hidden: anyOrigin,
			look: func(ctx context.Context, r *run) outcome {
				answered := "" // with several origins an answer names that of the request, or none
				if len(r.cors.origins) == 1 {
					answered = r.cors.origins[0]
				}
				return r.preflight(ctx, to, foreignOrigin, answered)
			},
		},
	}
}

// foreignOrigin is an origin that no environment allows (RFC 2606).
const foreignOrigin = "https://foreign.invalid"

func noPreflight(r *run) string {
	if !r.cors.declared {
		return "the stack declares no OPTIONS"
	}
	return ""
}

func anyOrigin(r *run) string {
	if slices.Contains(r.cors.origins, "*") {
		return "the environment lets each origin submit"
	}
	return noPreflight(r)
}

func (r *run) preflight(ctx context.Context, to route, origin, answered string) outcome {
	a, err := r.send(ctx, to, request{verb: http.MethodOptions, origin: origin, header: map[string]string{
		"Access-Control-Request-Method": http.MethodPost, "Access-Control-Request-Headers": "content-type",
	}})
	if err != nil {
		return unsent(err)
	}
	if a.limited() {
		return a.notLooked()
	}
	if found, down := r.takesNothing(ctx, to, a); down {
		return found
	}
	if itoa(a.status) != r.cors.status {
		return differs("status "+r.cors.status, a.String(), remedyForContract(a.status))
	}
	all := compareHeaders(a, []header{
		{"Access-Control-Allow-Origin", answered},
		{"Access-Control-Allow-Methods", r.cors.methods},
		{"Access-Control-Allow-Headers", r.cors.headers},
		{"Access-Control-Max-Age", r.cors.maxAge},
		{"Access-Control-Allow-Credentials", r.cors.credentials},
		{"Access-Control-Expose-Headers", r.cors.exposed},
	})
	if all = append(all, r.compareVary(a)...); len(all) > 0 {
		return lacking(a, all)
	}
	return holds("%s", a.header.Get("Access-Control-Allow-Origin"))
}
