// Interop checks what a Cairn node says with Go's own transparency-log packages: signed notes by
// golang.org/x/mod/sumdb/note, inclusion by golang.org/x/mod/sumdb/tlog.
//
//	interop note NOTE KEYS     every signature line is by one of the keys and holds
//	interop proof PROOF KEYS   the same for a proof's checkpoint; and all that the proof shows
//	                           lies in the checkpoint's log
//	interop tiles URL KEYS TOKEN
//	                           the log served at URL (C2SP tlog-tiles): its checkpoint, every tile
//	                           and entry, and the proofs that the server makes
//	interop logkey NAME FILE   makes a log's key: the secret in FILE, the public one printed
//	interop witnessed URL FILE KEY
//	                           the node at URL, whose witness key is KEY, cosigns a log under that
//	                           key as it grows (C2SP tlog-witness), and refuses what is no growth
//
// KEYS has one key on a line, as /.well-known/cairn lists them. The package note knows algorithm 1
// only; the verifier of timestamped cosignatures (C2SP tlog-cosignature, algorithm 4) is below.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner verifies timestamped cosignatures of one key.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

// Verify takes eight bytes of time in seconds and 64 bytes of signature.
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	return ed25519.Verify(c.key, []byte(message), signature[8:])
}

// verifier reads a key of either algorithm.
func verifier(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return nil, errors.New("malformed key")
	}
	if key[0] != 4 {
		return note.NewVerifier(text)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", sum[:4]) != parts[1] {
		return nil, errors.New("a key's hash does not fit")
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

// openNote checks all signature lines and gives the tree that they sign.
func openNote(signed []byte, keyFile string) (tlog.Tree, int, error) {
	var tree tlog.Tree
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return tree, 0, err
	}
	var known []note.Verifier
	for _, line := range strings.Fields(string(text)) {
		key, err := verifier(line)
		if err != nil {
			return tree, 0, err
		}
		known = append(known, key)
	}
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return tree, 0, err
	}
	if len(opened.UnverifiedSigs) != 0 {
		return tree, 0, errors.New("a signature line is by none of the keys")
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree, 0, errors.New("the note is no checkpoint")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, 0, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, len(opened.Sigs), err
}

// field is one field of a Protobuf message: a number, or bytes.
type field struct {
	number int
	value  uint64
	bytes  []byte
}

// fields reads a message of varints and bytes.
func fields(data []byte) ([]field, error) {
	var all []field
	for len(data) > 0 {
		tag, n := binary.Uvarint(data)
		if n <= 0 {
			return nil, errors.New("malformed message")
		}
		data = data[n:]
		value, n := binary.Uvarint(data)
		if n <= 0 {
			return nil, errors.New("malformed message")
		}
		data = data[n:]
		found := field{number: int(tag >> 3), value: value}
		if tag&7 == 2 {
			if value > uint64(len(data)) {
				return nil, errors.New("malformed message")
			}
			found.bytes, data = data[:value], data[value:]
		} else if tag&7 != 0 {
			return nil, errors.New("malformed message")
		}
		all = append(all, found)
	}
	return all, nil
}

// tagged is docs/PROOFS.md's H.
func tagged(domain string, data []byte) []byte {
	sum := sha256.Sum256(append([]byte("cairn/v1/"+domain+"\x00"), data...))
	return sum[:]
}

// checkIncluded checks a Seal or a Proven transaction: field 1 is what the leaf is the digest of.
func checkIncluded(data []byte, isSeal bool, tree tlog.Tree) error {
	parts, err := fields(data)
	if err != nil {
		return err
	}
	indexField, pathField, domain := 7, 8, "transaction"
	if isSeal {
		indexField, pathField, domain = 2, 3, "header"
	}
	var leaf []byte
	var index int64
	var path tlog.RecordProof
	for _, part := range parts {
		switch part.number {
		case 1:
			leaf = tagged(domain, part.bytes)
			if isSeal {
				twice := sha256.Sum256(leaf)
				leaf = twice[:]
			}
		case indexField:
			index = int64(part.value)
		case pathField:
			var hash tlog.Hash
			if copy(hash[:], part.bytes) != len(hash) || len(part.bytes) != len(hash) {
				return errors.New("a path is of other things than hashes")
			}
			path = append(path, hash)
		}
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func checkProof(file []byte, keyFile string) (string, error) {
	magic := []byte("cairn-proof-2\n")
	if !bytes.HasPrefix(file, magic) || len(file) < len(magic)+sha256.Size {
		return "", errors.New("no proof")
	}
	parts, err := fields(file[len(magic) : len(file)-sha256.Size])
	if err != nil {
		return "", err
	}
	var signed []byte
	for _, part := range parts {
		if part.number == 8 {
			signed = part.bytes
		}
	}
	tree, signatures, err := openNote(signed, keyFile)
	if err != nil {
		return "", err
	}
	leaves := 0
	for _, part := range parts {
		switch part.number {
		case 3, 6:
			err = checkIncluded(part.bytes, true, tree)
		case 4, 5:
			err = checkIncluded(part.bytes, false, tree)
		default:
			continue
		}
		if err != nil {
			return "", fmt.Errorf("field %d: %w", part.number, err)
		}
		leaves++
	}
	return fmt.Sprintf("%d signatures, %d leaves of %d", signatures, leaves, tree.N), nil
}

func run() (string, error) {
	if len(os.Args) > 1 && os.Args[1] == "tiles" {
		return runWalk()
	}
	if len(os.Args) > 1 && (os.Args[1] == "logkey" || os.Args[1] == "witnessed") {
		return runWitness()
	}
	if len(os.Args) != 4 {
		return "", errors.New("usage: interop note|proof FILE KEYS")
	}
	file, err := os.ReadFile(os.Args[2])
	if err != nil {
		return "", err
	}
	if os.Args[1] == "proof" {
		return checkProof(file, os.Args[3])
	}
	tree, signatures, err := openNote(file, os.Args[3])
	return fmt.Sprintf("%d signatures, %d leaves", signatures, tree.N), err
}

func main() {
	said, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println(said)
}
