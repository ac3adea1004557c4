package tfjson

// Name returns the stack's name, which is the environment's. CDKTF writes it as a comment. It is empty for a stack that
// somebody wrote by hand.
func (s *Stack) Name() string {
	comment, _ := s.root["//"].(map[string]any)
	metadata, _ := comment["metadata"].(map[string]any)
	name, _ := metadata["stackName"].(string)
	return name
}
