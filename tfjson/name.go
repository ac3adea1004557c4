package tfjson

// Name is the stack's name, which CDKTF writes beside what Terraform reads: the environment's. It is empty of a stack that
// somebody wrote by hand.
func (s *Stack) Name() string {
	comment, _ := s.root["//"].(map[string]any)
	metadata, _ := comment["metadata"].(map[string]any)
	name, _ := metadata["stackName"].(string)
	return name
}
