package vtl

import "context"

// One budget bounds what a rendering does and what it makes. Its unit is the step: a node of the template, an element of a
// list, or stepBytes bytes of text that are made, copied, compared or searched. So it bounds memory too: a rendering makes
// at most maxWork × stepBytes bytes, some 160 MB, beside the payload. Every node, method, comparison and copy pays before
// or as it works, at what it costs by its operands' sizes; what is paid afterwards makes no more than maxRendered bytes.
const (
	// maxWork is the steps of one rendering. Half a second or so.
	maxWork = 10_000_000
	// stepBytes is a power of two.
	stepBytes = 16
	// lookEvery is the steps between two looks at the context.
	lookEvery = 1 << 14

	// What values take, in steps: their bytes in memory.
	stepsOfList  = 4
	stepsOfMap   = 10
	stepsOfEntry = 5
)

// budget is what a rendering has spent.
type budget struct {
	ctx  context.Context //nolint:containedctx // of this rendering alone
	work int
	next int // the work at which the context is looked at again
}

// pay spends steps. The error is the budget's end, or the context's.
func (b *budget) pay(steps int) error {
	b.work += steps
	if b.work < b.next {
		return nil
	}
	if b.work > maxWork {
		b.next = 0 // whatever is paid later fails too
		return failuref("the template takes more than %d steps", maxWork)
	}
	b.next = min(b.work+lookEvery, maxWork)
	if b.ctx != nil && b.ctx.Err() != nil {
		b.next = 0
		return failuref("the rendering was ended: %s", b.ctx.Err().Error())
	}
	return nil
}

// inSteps is a length in bytes as steps.
func inSteps(bytes int) int { return bytes / stepBytes }

func (r *run) spend(steps, at int) error { return r.located(r.pay(steps), at) }

// spendBytes counts a text that was made.
func (r *run) spendBytes(length, at int) error {
	if length > maxRendered {
		return r.located(failuref("a text of more than %d bytes", maxRendered), at)
	}
	return r.spend(inSteps(length), at)
}

// weight is the steps that it takes to look at a value once: at a text's bytes, at a number's digits. A list or a map pays
// by itself.
func weight(value any) int {
	switch v := value.(type) {
	case string:
		return inSteps(len(v))
	default:
		return numberWeight(v)
	}
}

// weightOf is the weight of several values.
func weightOf(values []any) int {
	sum := 0
	for _, value := range values {
		sum += weight(value)
	}
	return sum
}

// steps of arithmetic grow with the square of a number's machine words; wordsPerStep words by words are a step.
const wordsPerStep = 16

// numberWeight is the steps that an operation on a number takes: of more than linear time in its digits.
func numberWeight(value any) int {
	words := numberWords(value)
	return words * words / wordsPerStep
}

func numberWords(value any) int {
	const bitsPerWord, bitsPerDigit = 64, 4
	v, isDecimal := value.(*decimal)
	switch {
	case isDecimal:
		return (v.unscaled.BitLen() + bitsPerDigit*max(v.scale, -v.scale)) / bitsPerWord
	case isBig(value):
		return toBig(value).BitLen() / bitsPerWord
	}
	return 0
}

// spendNumbers pays for arithmetic on two numbers, or for their comparison. A Double beside a BigDecimal gets up to 1,074
// digits.
func (r *run) spendNumbers(left, right any, at int) error {
	const wordsOfDouble = 67
	words := numberWords(left) + numberWords(right)
	if isDecimal(left) || isDecimal(right) {
		words += wordsOfDouble
	}
	return r.spend(1+words*words/wordsPerStep, at)
}
