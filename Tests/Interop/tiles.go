package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// remote is a log served as C2SP tlog-tiles; the package tlog walks it. It knows the same tiles
// under paths that also name their height.
type remote struct {
	url   string
	token string
	tiles int
}

func (r *remote) Height() int                         { return 8 }
func (r *remote) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// ReadTiles fetches tiles without credentials. The package checks them against the tree's hash.
func (r *remote) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := tile.Path()
		if !strings.HasPrefix(path, "tile/8/") {
			return nil, fmt.Errorf("unknown tile %s", path)
		}
		data, err := r.get("/tile/"+strings.TrimPrefix(path, "tile/8/"), false)
		if err != nil {
			return nil, err
		}
		r.tiles++
		all = append(all, data)
	}
	return all, nil
}

// get reads a path of the log; with the token where that is said.
func (r *remote) get(path string, known bool) ([]byte, error) {
	request, err := http.NewRequest("GET", r.url+path, nil)
	if err != nil {
		return nil, err
	}
	if known {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != 200 {
		return nil, fmt.Errorf("%s: status %d", path, response.StatusCode)
	}
	return body, nil
}

// proof is the JSON of the routes that make proofs.
type proof struct {
	LeafHash string
	Path     []string
}

func (r *remote) proof(path string) (proof, []tlog.Hash, error) {
	var read proof
	data, err := r.get(path, false)
	if err != nil {
		return read, nil, err
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return read, nil, err
	}
	var hashes []tlog.Hash
	for _, text := range read.Path {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return read, nil, err
		}
		hashes = append(hashes, hash)
	}
	return read, hashes, nil
}

// checkBundle compares a bundle's entries with their hashes in the tree.
func (r *remote) checkBundle(first, count int64, hashes tlog.HashReader) error {
	tile := tlog.Tile{H: 8, L: 0, N: first / 256, W: int(count)}
	path := "/tile/entries" + strings.TrimPrefix(tile.Path(), "tile/8/0")
	if _, err := r.get(path, false); err == nil {
		return errors.New("a stranger gets entries")
	}
	data, err := r.get(path, true)
	if err != nil {
		return err
	}
	for index := first; index < first+count; index++ {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return errors.New("a bundle is too short")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		found, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		if tlog.RecordHash(data[2:end]) != found[0] {
			return fmt.Errorf("entry %d is not the one of the tree", index)
		}
		data = data[end:]
	}
	if len(data) != 0 {
		return errors.New("a bundle is too long")
	}
	return nil
}

// checkProofs compares the proofs that the server makes with those made of its tiles.
func (r *remote) checkProofs(tree tlog.Tree, hashes tlog.HashReader) error {
	for index := int64(0); index < tree.N; index += 1 + tree.N/40 {
		own, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return err
		}
		said, path, err := r.proof(fmt.Sprintf("/inclusion?leaf=%d&size=%d", index, tree.N))
		if err != nil {
			return err
		}
		leaf, err := base64.StdEncoding.DecodeString(said.LeafHash)
		if err != nil || len(leaf) != tlog.HashSize {
			return errors.New("a leaf hash is none")
		}
		var hash tlog.Hash
		copy(hash[:], leaf)
		if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, hash); err != nil {
			return fmt.Errorf("inclusion of %d: %w", index, err)
		}
		if fmt.Sprint(own) != fmt.Sprint(tlog.RecordProof(path)) {
			return fmt.Errorf("inclusion of %d is another than the tiles'", index)
		}
	}
	for size := int64(1); size <= tree.N; size += 1 + tree.N/40 {
		old, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return err
		}
		_, path, err := r.proof(fmt.Sprintf("/consistency?from=%d&to=%d", size, tree.N))
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(path, tree.N, tree.Hash, size, old); err != nil {
			return fmt.Errorf("consistency from %d: %w", size, err)
		}
		old[0] ^= 1
		if tlog.CheckTree(path, tree.N, tree.Hash, size, old) == nil {
			return fmt.Errorf("consistency from %d holds for another tree", size)
		}
	}
	return nil
}

// walk checks a served log: its checkpoint, every tile and entry, and the proofs.
func walk(url, keyFile, token string) (string, error) {
	r := &remote{url: url, token: token}
	signed, err := r.get("/checkpoint", false)
	if err != nil {
		return "", err
	}
	tree, signatures, err := openNote(signed, keyFile)
	if err != nil {
		return "", err
	}
	hashes := tlog.TileHashReader(tree, r)
	for first := int64(0); first < tree.N; first += 256 {
		count := tree.N - first
		if count > 256 {
			count = 256
		}
		if err := r.checkBundle(first, count, hashes); err != nil {
			return "", err
		}
	}
	if err := r.checkProofs(tree, hashes); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d signatures, %d leaves, %d tiles", signatures, tree.N, r.tiles), nil
}

// runWalk is the command `interop tiles`.
func runWalk() (string, error) {
	if len(os.Args) != 5 {
		return "", errors.New("usage: interop tiles URL KEYS TOKEN")
	}
	return walk(os.Args[2], os.Args[3], os.Args[4])
}
