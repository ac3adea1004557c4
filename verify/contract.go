package verify

import "context"

// contractChecks compare what clients are answered with docs/clients.md.
func contractChecks(p *Pipeline) []check { return nil }

// hasCORS compares an answer's CORS headers with those that the stack declares.
func (r *run) hasCORS(a answer, otherwise outcome) outcome { return otherwise }

var _ context.Context
