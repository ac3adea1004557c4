package vtl

import "context"

// One budget bounds the time and the memory of a rendering. Its unit is the step: a node of the template, an element of a list,
// or stepBytes bytes of text that are made, copied, compared or searched. So a rendering makes at most stepBytes bytes a step: some
// 160 MB, and 80 bytes for each byte of the payload. Every node, method, comparison and copy pays its cost, by the sizes of its operands,
// before or while it works. Work that is paid afterwards makes at most maxRendered bytes.
const (
	// leastWork is the number of steps of a rendering without a payload. They take about half a second.
	leastWork = 10_000_000
	// workOfByte is the number of further steps for each byte of the payload. The project's own templates take up to four for a
	// batch of 10 MB (TestTheLargestBodiesFitTheBudget).
	workOfByte = 5
	// stepBytes is a power of two.
	stepBytes = 16
	// lookEvery is the number of steps between two checks of the context.
	lookEvery = 1 << 14

	// These are the costs of values in steps, by their bytes in memory.
	stepsOfList  = 4
	stepsOfMap   = 10
	stepsOfEntry = 5
)

// budget is what a rendering has spent.
type budget struct {
	ctx  context.Context //nolint:containedctx // of this rendering alone
	most int             // that it may spend
	work int
	next int // the work at which the context is looked at again
}

func newBudget(ctx context.Context, payload int) budget {
	return budget{ctx: ctx, most: leastWork + workOfByte*payload, next: lookEvery}
}

// pay spends steps. It returns an error when the budget is spent or the context is done.
func (b *budget) pay(steps int) error {
	b.work += steps
	if b.work < b.next {
		return nil
	}
	if b.work > b.most {
		b.next = 0 // every later payment fails too
		return failuref("the template takes more than %d steps", b.most)
	}
	b.next = min(b.work+lookEvery, b.most)
	if b.ctx != nil && b.ctx.Err() != nil {
		b.next = 0
		return failuref("the rendering was ended: %s", b.ctx.Err().Error())
	}
	return nil
}

// inSteps converts a length in bytes to steps.
func inSteps(bytes int) int { return bytes / stepBytes }

func (r *run) spend(steps, at int) error { return r.located(r.pay(steps), at) }

// spendBytes pays for a text that was made.
func (r *run) spendBytes(length, at int) error {
	if length > maxRendered {
		return r.located(failuref("a text of more than %d bytes", maxRendered), at)
	}
	return r.spend(inSteps(length), at)
}

// weight returns the steps for one pass over a value: over a text's bytes or a number's digits. A list or a map pays for its
// elements itself.
func weight(value any) int {
	switch v := value.(type) {
	case string:
		return inSteps(len(v))
	default:
		return numberWeight(v)
	}
}

// weightOf returns the weight of several values.
func weightOf(values []any) int {
	sum := 0
	for _, value := range values {
		sum += weight(value)
	}
	return sum
}

// steps of arithmetic grow with the square of a number's machine words; wordsPerStep words by words are a step.
const wordsPerStep = 16

// numberWeight returns the steps of an operation on a number. Its time grows faster than the number of digits.
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
