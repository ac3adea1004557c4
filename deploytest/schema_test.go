package deploytest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
	"github.com/zclconf/go-cty/cty"
	ctymsgpack "github.com/zclconf/go-cty/cty/msgpack"
	"google.golang.org/protobuf/encoding/protowire"
)

// The schema of a web ACL nests statements in statements: 528 KB of blocks, of which a stack uses few. Terraform compares whole types
// for each value, which took nine tenths of a command's time. So Terraform gets such a schema without the nested blocks whose names the
// stack does not use. The provider gets and gives whole values: the proxy adds the missing blocks to what Terraform sends, as the empty
// lists that Terraform itself would send, and takes them out of what the provider answers. A block that is not empty there is an error:
// nothing that the provider says is lost.

// largeSchema is the size in bytes above which a schema loses the blocks that the stack does not use. Of the project's types, only the
// web ACL's is larger.
const largeSchema = 100_000

// blocks are the nested blocks of a schema, by name. A nil value means that Terraform does not know the block.
type blocks map[string]blocks

// The kinds of nesting that are lists, of which an empty one stands for no block (hashicorp/terraform,
// docs/plugin-protocol/object-wire-format.md).
const (
	nestingList = 2
	nestingSet  = 3
)

// rewrite replaces the fields of a message that have a length: change returns a field's new content, and false to leave the field out.
func rewrite(message []byte, change func(number protowire.Number, content []byte) ([]byte, bool, error)) ([]byte, error) {
	var rewritten []byte
	for rest := message; len(rest) > 0; {
		number, kind, tag := protowire.ConsumeTag(rest)
		if tag < 0 {
			return nil, protowire.ParseError(tag)
		}
		length := protowire.ConsumeFieldValue(number, kind, rest[tag:])
		if length < 0 {
			return nil, protowire.ParseError(length)
		}
		field := rest[:tag+length]
		rest = rest[tag+length:]
		if kind != protowire.BytesType {
			rewritten = append(rewritten, field...)
			continue
		}
		content, _ := protowire.ConsumeBytes(field[tag:])
		changed, keep, err := change(number, content)
		if err != nil {
			return nil, err
		}
		if keep {
			rewritten = protowire.AppendTag(rewritten, number, kind)
			rewritten = protowire.AppendBytes(rewritten, changed)
		}
	}
	return rewritten, nil
}

// contentOf is the content of a message's field that has a length, or nil.
func contentOf(message []byte, wanted protowire.Number) []byte {
	var found []byte
	_, _ = rewrite(message, func(number protowire.Number, content []byte) ([]byte, bool, error) {
		if number == wanted {
			found = content
		}
		return nil, false, nil
	})
	return found
}

// numberOf is the number in a message's field, or zero.
func numberOf(message []byte, wanted protowire.Number) uint64 {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		length := protowire.ConsumeFieldValue(number, kind, message[max(tag, 0):])
		if tag < 0 || length < 0 {
			return 0
		}
		if number == wanted && kind == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(message[tag:])
			return value
		}
		message = message[tag+length:]
	}
	return 0
}

// pruneBlock removes the nested blocks that used does not name from a Schema.Block (hashicorp/terraform,
// docs/plugin-protocol/tfplugin5.proto). It keeps those that every configuration needs, and those that are no lists.
func pruneBlock(block []byte, used map[string]bool) ([]byte, blocks, error) {
	all := blocks{}
	pruned, err := rewrite(block, func(number protowire.Number, nested []byte) ([]byte, bool, error) {
		if number != 3 { // block_types
			return nested, true, nil
		}
		name, nesting, least := string(contentOf(nested, 1)), numberOf(nested, 3), numberOf(nested, 4)
		if nesting != nestingList && nesting != nestingSet {
			return nested, true, nil
		}
		if !used[name] && least == 0 {
			all[name] = nil
			return nil, false, nil
		}
		smaller, err := rewrite(nested, func(number protowire.Number, content []byte) ([]byte, bool, error) {
			if number != 2 { // block
				return content, true, nil
			}
			content, inner, err := pruneBlock(content, used)
			all[name] = inner
			return content, true, err
		})
		return smaller, true, err
	})
	return pruned, all, err
}

// unknown are the names of the blocks that Terraform does not know.
func (b blocks) unknown() []string {
	var names []string
	for name, inner := range b {
		if inner == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// whole is a value of the whole schema for a value of the pruned one.
func (b blocks) whole(value []byte) ([]byte, error) { return b.translate(value, b.toWhole) }

// pruned is a value of the pruned schema for a value of the whole one. It fails where the value has a block that Terraform does not
// know.
func (b blocks) pruned(value []byte) ([]byte, error) { return b.translate(value, b.toPruned) }

func (b blocks) translate(value []byte, translate func(*msgpack.Decoder, *msgpack.Encoder) error) ([]byte, error) {
	var out bytes.Buffer
	if err := translate(msgpack.NewDecoder(bytes.NewReader(value)), msgpack.NewEncoder(&out)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (b blocks) toWhole(from *msgpack.Decoder, to *msgpack.Encoder) error {
	length, done, err := beginObject(from, to)
	if err != nil || done {
		return err
	}
	missing := b.unknown()
	if err := to.EncodeMapLen(length + len(missing)); err != nil {
		return err
	}
	// The order is Terraform's: by name. So it is the request that Terraform sends with the whole schema, to which the proxy may know
	// the answer.
	for range length {
		name, err := from.DecodeString()
		if err != nil {
			return err
		}
		for len(missing) > 0 && missing[0] < name {
			if err := encodeNone(to, missing[0]); err != nil {
				return err
			}
			missing = missing[1:]
		}
		if err := b.member(name, from, to, blocks.toWhole); err != nil {
			return err
		}
	}
	for _, name := range missing {
		if err := encodeNone(to, name); err != nil {
			return err
		}
	}
	return nil
}

// encodeNone writes that there are no nested blocks of a name.
func encodeNone(to *msgpack.Encoder, name string) error {
	if err := to.EncodeString(name); err != nil {
		return err
	}
	return to.EncodeArrayLen(0)
}

func (b blocks) toPruned(from *msgpack.Decoder, to *msgpack.Encoder) error {
	length, done, err := beginObject(from, to)
	if err != nil || done {
		return err
	}
	// A value of the whole schema has all of its blocks.
	if err := to.EncodeMapLen(length - len(b.unknown())); err != nil {
		return err
	}
	for range length {
		name, err := from.DecodeString()
		if err != nil {
			return err
		}
		if err := b.member(name, from, to, blocks.toPruned); err != nil {
			return err
		}
	}
	return nil
}

// beginObject reads an object's length. A value that is null or unknown has none: it is copied.
func beginObject(from *msgpack.Decoder, to *msgpack.Encoder) (length int, done bool, err error) {
	code, err := from.PeekCode()
	if err != nil {
		return 0, false, err
	}
	if code == msgpcode.Nil || msgpcode.IsExt(code) {
		return 0, true, copyValue(from, to)
	}
	length, err = from.DecodeMapLen()
	return length, false, err
}

func copyValue(from *msgpack.Decoder, to *msgpack.Encoder) error {
	value, err := from.DecodeRaw()
	if err != nil {
		return err
	}
	return to.Encode(value)
}

// member translates an object's attribute or nested blocks, or leaves out the blocks that Terraform does not know.
func (b blocks) member(
	name string, from *msgpack.Decoder, to *msgpack.Encoder, translate func(blocks, *msgpack.Decoder, *msgpack.Encoder) error,
) error {
	inner, nested := b[name]
	if nested && inner == nil {
		value, err := from.DecodeRaw()
		if err == nil && value[0] != msgpcode.FixedArrayLow && value[0] != msgpcode.Nil {
			err = fmt.Errorf("the provider sets the block %q, which the proxy does not pass on to Terraform: %x", name, value)
		}
		return err
	}
	if err := to.EncodeString(name); err != nil {
		return err
	}
	if len(inner) == 0 {
		return copyValue(from, to)
	}
	code, err := from.PeekCode()
	if err != nil {
		return err
	}
	if code == msgpcode.Nil || msgpcode.IsExt(code) {
		return copyValue(from, to)
	}
	length, err := from.DecodeArrayLen()
	if err != nil {
		return err
	}
	if err := to.EncodeArrayLen(length); err != nil {
		return err
	}
	for range length {
		if err := translate(inner, from, to); err != nil {
			return err
		}
	}
	return nil
}

// TestSchemaWithoutUnusedBlocks translates values between a schema and the same schema without the blocks that a stack does not use.
func TestSchemaWithoutUnusedBlocks(t *testing.T) {
	t.Parallel()
	nested := func(name string, nesting, least uint64, block []byte) []byte {
		entry := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
		entry = protowire.AppendBytes(protowire.AppendTag(entry, 2, protowire.BytesType), block)
		entry = protowire.AppendVarint(protowire.AppendTag(entry, 3, protowire.VarintType), nesting)
		entry = protowire.AppendVarint(protowire.AppendTag(entry, 4, protowire.VarintType), least)
		return protowire.AppendBytes(protowire.AppendTag(nil, 3, protowire.BytesType), entry)
	}
	unused, needed := nested("unused", nestingSet, 0, nil), nested("needed", nestingList, 1, nil)
	rule := slices.Concat(unused, needed, nested("single", 1, 0, nil))
	block, known, err := pruneBlock(append(nested("rule", nestingSet, 0, rule), unused...), map[string]bool{"rule": true})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "the schema", nested("rule", nestingSet, 0, append(needed, nested("single", 1, 0, nil)...)), block)
	expect(t, "the blocks", blocks{"unused": nil, "rule": {"unused": nil, "needed": {}}}, known)

	empty := cty.ListValEmpty(cty.EmptyObject)
	single, id := cty.NullVal(cty.EmptyObject), cty.UnknownVal(cty.String).RefineNotNull()
	smaller := cty.ObjectVal(map[string]cty.Value{"id": id, "rule": cty.SetVal([]cty.Value{
		cty.ObjectVal(map[string]cty.Value{"needed": cty.ListVal([]cty.Value{cty.EmptyObjectVal}), "single": single}),
	})})
	whole := func(unused cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"id": id, "unused": empty, "rule": cty.SetVal([]cty.Value{
			cty.ObjectVal(map[string]cty.Value{"needed": cty.ListVal([]cty.Value{cty.EmptyObjectVal}), "single": single, "unused": unused}),
		})})
	}
	for _, test := range []struct{ smaller, whole cty.Value }{
		{smaller, whole(empty)},
		{cty.NullVal(smaller.Type()), cty.NullVal(whole(empty).Type())},
		{cty.UnknownVal(smaller.Type()), cty.UnknownVal(whole(empty).Type())},
	} {
		sent, err := known.whole(packed(t, test.smaller))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "what the provider gets", packed(t, test.whole), sent)
		answered, err := known.pruned(packed(t, test.whole))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "what Terraform gets", test.smaller.GoString(), unpacked(t, answered, test.smaller.Type()).GoString())
	}
	_, err = known.pruned(packed(t, whole(cty.ListVal([]cty.Value{cty.EmptyObjectVal}))))
	if err == nil {
		t.Fatal("it leaves out a block that the provider sets")
	}
	expectText(t, "the error", err.Error(), `the provider sets the block "unused"`)
}

func packed(t *testing.T, value cty.Value) []byte {
	t.Helper()
	text, err := ctymsgpack.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unpacked(t *testing.T, text []byte, typ cty.Type) cty.Value {
	t.Helper()
	value, err := ctymsgpack.Unmarshal(text, typ)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// values are the fields of a call's request and answer that hold values of a resource.
var values = map[string]struct{ request, answer []protowire.Number }{
	"/tfplugin5.Provider/ValidateResourceTypeConfig": {request: []protowire.Number{2}},
	"/tfplugin5.Provider/UpgradeResourceState":       {answer: []protowire.Number{1}},
	"/tfplugin5.Provider/ReadResource":               {request: []protowire.Number{2}, answer: []protowire.Number{1}},
	"/tfplugin5.Provider/PlanResourceChange":         {request: []protowire.Number{2, 3, 4}, answer: []protowire.Number{1}},
	"/tfplugin5.Provider/ApplyResourceChange":        {request: []protowire.Number{2, 3, 4}, answer: []protowire.Number{1}},
}

// translateValues translates the values in some fields of a message. Terraform and the provider write them as MessagePack, which is the
// first field of a DynamicValue.
func translateValues(message []byte, fields []protowire.Number, translate func([]byte) ([]byte, error)) ([]byte, error) {
	return rewrite(message, func(number protowire.Number, content []byte) ([]byte, bool, error) {
		if !slices.Contains(fields, number) {
			return content, true, nil
		}
		changed, err := rewrite(content, func(number protowire.Number, value []byte) ([]byte, bool, error) {
			if number != 1 {
				return nil, false, fmt.Errorf("a value in the field %d, which is not MessagePack", number)
			}
			value, err := translate(value)
			return value, true, err
		})
		return changed, true, err
	})
}
