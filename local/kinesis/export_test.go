package kinesis

import "context"

// ErrClosed is the error that consumers of a closed service get.
var ErrClosed = errClosed

// Do makes a call for a caller that may do everything.
func (s *Service) Do(ctx context.Context, action string, body []byte) Response {
	return s.DoAs(ctx, action, body, nil)
}

// BodiesHeld is how many bytes the bodies of calls hold.
func BodiesHeld(s *Service) int64 { return s.bodies.Held() }

// AnswersHeld is how many bytes the answers of calls hold.
func AnswersHeld(s *Service) int64 { return s.answers.Held() }
