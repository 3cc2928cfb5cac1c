package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ownLog is a log made with Go's packages alone, for a Cairn node to witness (C2SP tlog-witness).
type ownLog struct {
	signer note.Signer
	size   int64
	hashes []tlog.Hash
}

func (l *ownLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(l.hashes)) {
			return nil, errors.New("no such hash")
		}
		found = append(found, l.hashes[index])
	}
	return found, nil
}

func (l *ownLog) grow(size int64, mark string) error {
	for ; l.size < size; l.size++ {
		more, err := tlog.StoredHashes(l.size, []byte(fmt.Sprintf("%s %d", mark, l.size)), l)
		if err != nil {
			return err
		}
		l.hashes = append(l.hashes, more...)
	}
	return nil
}

// request is the body of add-checkpoint, and the checkpoint in it.
func (l *ownLog) request(old int64, proven bool) (string, []byte, error) {
	root, err := tlog.TreeHash(l.size, l)
	if err != nil {
		return "", nil, err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), l.size, root)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		return "", nil, err
	}
	body := fmt.Sprintf("old %d\n", old)
	if proven && old > 0 && old < l.size {
		proof, err := tlog.ProveTree(l.size, old, l)
		if err != nil {
			return "", nil, err
		}
		for _, hash := range proof {
			body += hash.String() + "\n"
		}
	}
	return body + "\n" + string(signed), signed, nil
}

// submit posts a checkpoint and gives status, media type and body.
func (l *ownLog) submit(url string, old int64, proven bool) (int, string, []byte, []byte, error) {
	body, signed, err := l.request(old, proven)
	if err != nil {
		return 0, "", nil, nil, err
	}
	response, err := http.Post(url+"/add-checkpoint", "text/plain", strings.NewReader(body))
	if err != nil {
		return 0, "", nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return response.StatusCode, response.Header.Get("Content-Type"), answer, signed, err
}

// witnessed has a node cosign a log that grows, and refuse what is none.
func witnessed(url, secretFile, witnessKey string) (string, error) {
	secret, err := os.ReadFile(secretFile)
	if err != nil {
		return "", err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		return "", err
	}
	witness, err := verifier(witnessKey)
	if err != nil {
		return "", err
	}
	log := &ownLog{signer: signer}
	var old int64
	for _, size := range []int64{1, 3, 3, 256, 700} {
		if err := log.grow(size, "entry"); err != nil {
			return "", err
		}
		status, _, line, signed, err := log.submit(url, old, true)
		if err != nil || status != 200 {
			return "", fmt.Errorf("size %d: status %d %s: %v", size, status, line, err)
		}
		opened, err := note.Open(append(signed, line...), note.VerifierList(witness))
		if err != nil || len(opened.Sigs) != 1 {
			return "", fmt.Errorf("size %d: the cosignature does not hold: %v", size, err)
		}
		old = size
	}
	// Another old size, a proof that is missing, and another history.
	status, kind, said, _, err := log.submit(url, 3, true)
	if err != nil || status != 409 || string(said) != "700\n" || kind != "text/x.tlog.size" {
		return "", fmt.Errorf("an old size: status %d %s %q: %v", status, kind, said, err)
	}
	if err := log.grow(701, "entry"); err != nil {
		return "", err
	}
	if status, _, said, _, err = log.submit(url, 700, false); err != nil || status != 422 {
		return "", fmt.Errorf("no proof: status %d %s: %v", status, said, err)
	}
	fork := &ownLog{signer: signer}
	for _, size := range []int64{700, 702} {
		if err := fork.grow(size, "other"); err != nil {
			return "", err
		}
		status, _, said, _, err := fork.submit(url, 700, true)
		if err != nil || (status != 422 && status != 409) {
			return "", fmt.Errorf("a fork: status %d %s: %v", status, said, err)
		}
	}
	if status, _, said, _, err = log.submit(url, 700, true); err != nil || status != 200 {
		return "", fmt.Errorf("the log itself: status %d %s: %v", status, said, err)
	}
	return fmt.Sprintf("witnessed %d leaves", log.size), nil
}

// runWitness is the commands `interop logkey` and `interop witnessed`.
func runWitness() (string, error) {
	if len(os.Args) == 4 && os.Args[1] == "logkey" {
		secret, public, err := note.GenerateKey(rand.Reader, os.Args[2])
		if err != nil {
			return "", err
		}
		return public, os.WriteFile(os.Args[3], []byte(secret+"\n"), 0o600)
	}
	if len(os.Args) == 5 {
		return witnessed(os.Args[2], os.Args[3], os.Args[4])
	}
	return "", errors.New("usage: interop logkey NAME FILE | witnessed URL FILE KEY")
}
