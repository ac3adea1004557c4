package tfjson

// Local returns a local value as it is written; nil if the stack has none of that name.
func (s *Stack) Local(name string) any {
	blocks, _ := Blocks(s.root, "locals") // Resolve reports a section that is not a block
	for _, block := range blocks {
		if block[name] != nil {
			return block[name]
		}
	}
	return nil
}
