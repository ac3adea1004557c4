// Package readable reads files that people name, and says in their words why one cannot be read: the system's own words name
// neither the cause nor a remedy.
package readable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// File reads a file. The error of one that is not there is [fs.ErrNotExist].
func File(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		return text, nil
	}
	return nil, Explain(path, err)
}

// Explain says why the system would not open or read a path. Its error is the system's too.
func Explain(path string, err error) error {
	return explain(path, err, "may not be read by this user; change its mode, or those of the folders above it (chmod u+rX)",
		"is not there; correct the path")
}

// ExplainWrite says why the system would not make or write a path, as [Explain] does.
func ExplainWrite(path string, err error) error {
	return explain(path, err, "may not be written by this user; change its mode, or that of its folder (chmod u+w)",
		"lies in a folder that is not there; make the folder, or correct the path")
}

func explain(path string, err error, denied, absent string) error {
	words := ""
	switch {
	case errors.Is(err, syscall.ELOOP):
		words = "is, or lies below, a symbolic link that leads back to itself; remove the link"
	case errors.Is(err, syscall.EISDIR):
		words = "is a folder; name a file"
	case errors.Is(err, syscall.ENOTDIR):
		words = "lies below a file, which holds none; correct the path"
	case errors.Is(err, syscall.EROFS):
		words = "lies on a file system that is mounted read-only; mount it for writing"
	case errors.Is(err, fs.ErrPermission):
		words = denied
	case errors.Is(err, fs.ErrNotExist):
		words = absent
	default:
		return err
	}
	return &problem{path + " " + words, err}
}

// HasRemedy reports whether an error says already what to do, so a caller need not.
func HasRemedy(err error) bool {
	_, ok := errors.AsType[*problem](err)
	return ok
}

// problem has words of its own, and the system's error for [errors.Is].
type problem struct {
	words string
	err   error
}

func (p *problem) Error() string { return p.words }
func (p *problem) Unwrap() error { return p.err }

// cutOff is what encoding/json says of a text that ends too early.
const cutOff = "unexpected end of JSON input"

// JSON reads a JSON object from a text that is a file's. Its error is about the text, and does not name the file.
func JSON(text []byte, into any) error {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return errors.New("it is empty")
	}
	err := json.Unmarshal(trimmed, into)
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Error() == cutOff:
		return errors.New("its end is cut off")
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON: %w", err)
	case err == nil && trimmed[0] != '{', errors.As(err, &wrongType) && wrongType.Field == "":
		return errors.New("it is no JSON object")
	case wrongType != nil:
		return fmt.Errorf("its %s is a JSON %s", wrongType.Field, wrongType.Value)
	}
	return err
}
