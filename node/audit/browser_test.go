package audit

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
)

// The console verifies files in the browser (api/console/src/verify). It is held
// against this verifier by the files of browserVectors: what was tampered with, and
// what is found here. Keys are new in every world, so the vectors are not made anew in
// every run, but verified.
const browserVectors = "../../api/console/src/verify/testdata/tampered.zip"

var browserWrite = flag.Bool("browser.write", false, "make the vectors of the console's verifier anew")

// browserSeed is another seed than TestTamper's, so that the two do not test the same.
const browserSeed = 20251110

// browserVector is a file as somebody gives it to a verifier, with what this one says.
// The file is one of the vectors' bases with changes, or stands in Whole.
type browserVector struct {
	Name     string                   `json:"name"`
	Did      string                   `json:"did"`
	Base     string                   `json:"base,omitempty"`  // of the bases: log, wide or extract
	Files    map[string]*browserPatch `json:"files,omitempty"` // changed files of it; null: gone
	Whole    []byte                   `json:"whole,omitempty"` // the file, deflated
	Keys     string                   `json:"keys"`
	Previous [][]byte                 `json:"previous,omitempty"`
	Receipts [][]byte                 `json:"receipts,omitempty"`
	Genesis  []byte                   `json:"genesis,omitempty"`
	Own      bool                     `json:"own,omitempty"` // the genesis of the log is given, and not repeated here
	Entry    []byte                   `json:"entry,omitempty"`

	Refused  bool      `json:"refused,omitempty"` // the key file: there is no report
	Exit     int       `json:"exit"`
	Touched  []uint64  `json:"touched,omitempty"` // entries of which one has to be named
	Within   bool      `json:"within,omitempty"`  // in a range at least
	Findings []Finding `json:"findings"`
}

// browserPatch puts bytes in the place of some of a file of the base.
type browserPatch struct {
	From string `json:"from,omitempty"` // the file, when it has another name; it stays
	At   int    `json:"at"`
	Cut  int    `json:"cut"`
	Put  []byte `json:"put"`
}

func (p *browserPatch) apply(to []byte) []byte {
	return slices.Concat(to[:p.At], p.Put, to[p.At+p.Cut:])
}

// patchOf is what leads from one text to another: all between their common ends.
func patchOf(from, to []byte) *browserPatch {
	most := min(len(from), len(to))
	at, end := 0, 0
	for at < most && from[at] == to[at] {
		at++
	}
	for end < most-at && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	return &browserPatch{At: at, Cut: len(from) - at - end, Put: to[at : len(to)-end]}
}

// Ensure the vectors that the console's verifier is held against say what this
// verifier finds.
func TestBrowserVectors(t *testing.T) {
	if *browserWrite {
		writeBrowserVectors(t)
	}
	bases, vectors := readBrowserVectors(t)
	courts := make(map[string]*court)
	for i, v := range vectors {
		if testing.Short() && i%5 != 0 {
			continue
		}
		r, err := Verify(t.Context(), v.options(t, bases, courts))
		if v.Refused {
			if err == nil {
				t.Errorf("%s: a key file was read that cannot be", v.Name)
			}
			continue
		}
		must(t, err)
		if r.Exit != v.Exit {
			t.Errorf("%s: exit %d, the vector has %d", v.Name, r.Exit, v.Exit)
		}
		if have, want := text(t, r.Findings), text(t, v.Findings); !bytes.Equal(have, want) {
			t.Errorf("%s: found\n%s\nand the vector has\n%s", v.Name, have, want)
		}
		if v.Exit == ExitFail && len(v.Touched) > 0 && !names(r, v.Touched, v.Within) {
			t.Errorf("%s: none of the entries %v is named", v.Name, v.Touched)
		}
	}
	if len(vectors) < 100 {
		t.Errorf("only %d vectors", len(vectors))
	}
}

func (v *browserVector) options(t *testing.T, bases map[string]map[string][]byte, courts map[string]*court) Options {
	t.Helper()
	file, err := io.ReadAll(flate.NewReader(bytes.NewReader(v.Whole)))
	if v.Whole == nil {
		files := maps.Clone(bases[v.Base])
		for name, p := range v.Files {
			if p == nil {
				delete(files, name)
			} else {
				files[name] = p.apply(bases[v.Base][cmp.Or(p.From, name)])
			}
		}
		file, err = pack(t, files), nil
	}
	must(t, err)
	genesis := v.Genesis
	if v.Own {
		genesis = bases["log"][bundle.NameGenesis]
	}
	return Options{
		File: bytes.NewReader(file), Size: int64(len(file)), Keys: []byte(v.Keys), Previous: v.Previous, Receipts: v.Receipts, Genesis: genesis, Entry: v.Entry,
		TempDir: t.TempDir(), courts: lend(courts),
	}
}

func readBrowserVectors(t *testing.T) (bases map[string]map[string][]byte, vectors []*browserVector) {
	t.Helper()
	data, err := os.ReadFile(browserVectors)
	must(t, err)
	files := unzipped(t, data)
	bases = make(map[string]map[string][]byte)
	for name, content := range files {
		if base, ok := strings.CutSuffix(name, ".zip"); ok {
			bases[base] = unzipped(t, content)
		}
	}
	must(t, json.Unmarshal(files["vectors.json"], &vectors))
	return bases, vectors
}

func unzipped(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	files := make(map[string][]byte)
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		files[f.Name], err = io.ReadAll(r)
		must(t, err)
	}
	return files
}

// writeBrowserVectors makes a vector of every way to tamper that there is, and of what
// nobody has changed.
func writeBrowserVectors(t *testing.T) {
	t.Helper()
	s := newSubject(t)
	w := &browserWriter{t: t, s: s, courts: make(map[string]*court), bases: map[string][]byte{"log": s.log.zip, "wide": s.wide.zip, "extract": s.extract}}
	for name, base := range w.bases {
		w.add(&browserVector{Name: "nothing: " + name}, base, &forgery{fixture: map[string]*fixture{"wide": s.wide.fixture}[name]})
	}
	r := s.receipts[3]
	w.add(&browserVector{Name: "nothing: receipt"}, r.receipt, &forgery{})
	w.add(&browserVector{Name: "nothing: receipt with genesis"}, r.receipt, &forgery{options: func(o *Options) { o.Genesis = s.log.File }})
	w.add(&browserVector{Name: "nothing: proof"}, r.proof, &forgery{})
	w.add(&browserVector{Name: "nothing: proof with its entry"}, r.proof, &forgery{options: func(o *Options) { o.Entry = r.parsed.Leaf }})
	w.add(&browserVector{Name: "nothing: receipt with the log"}, s.log.zip, &forgery{options: func(o *Options) { o.Receipts = [][]byte{r.receipt} }})
	w.add(&browserVector{Name: "nothing: a kept checkpoint"}, s.log.zip, &forgery{options: func(o *Options) { o.Previous = [][]byte{s.log.sel.Earlier[0]} }})
	ways := slices.Concat(entryTamperings, orderTamperings, tileTamperings, noteTamperings, conspiracies, attachmentTamperings, smallTamperings)
	for i, way := range ways {
		bases := []*forgery{s.log}
		if strings.HasPrefix(way.name, "tile:") {
			bases = append(bases, s.wide)
		}
		for _, base := range bases {
			f := base.clone(rand.New(rand.NewPCG(browserSeed, uint64(i))))
			way.do(t, s, f)
			w.add(&browserVector{Name: way.name}, f.file(t), f)
		}
	}
	w.write()
}

type browserWriter struct {
	t       *testing.T
	s       *subject
	courts  map[string]*court
	bases   map[string][]byte
	vectors []*browserVector
}

// add completes a vector with its file and what is found.
func (w *browserWriter) add(v *browserVector, file []byte, f *forgery) {
	w.t.Helper()
	keys := w.s.log.keys
	if f.fixture != nil {
		keys = f.keys
	}
	o := Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: keys, TempDir: w.t.TempDir(), courts: lend(w.courts)}
	if f.options != nil {
		f.options(&o)
	}
	v.Did, v.Touched, v.Within = f.did, f.touched, f.within
	v.Keys, v.Previous, v.Receipts, v.Genesis, v.Entry = string(o.Keys), o.Previous, o.Receipts, o.Genesis, o.Entry
	if v.Own = bytes.Equal(o.Genesis, w.s.log.File); v.Own {
		v.Genesis = nil
	}
	w.pack(v, file)
	r, err := Verify(w.t.Context(), o)
	if v.Refused = errors.Is(err, checkpoint.ErrKeyFile); !v.Refused {
		must(w.t, err)
		v.Exit, v.Findings = r.Exit, r.Findings
	}
	w.vectors = append(w.vectors, v)
}

// pack chooses the base that the file differs least from.
func (w *browserWriter) pack(v *browserVector, file []byte) {
	w.t.Helper()
	least := len(file)
	v.Whole = deflated(w.t, file)
	changed, err := filesOf(file)
	if err != nil {
		return
	}
	for name, base := range w.bases {
		patches, size := make(map[string]*browserPatch), 0
		from := unzipped(w.t, base)
		for file, content := range changed {
			other := nearest(from, file)
			p := patchOf(from[cmp.Or(other, file)], content)
			p.From = other
			if p.Cut > 0 || len(p.Put) > 0 || from[file] == nil {
				patches[file] = p
				size += len(p.Put)
			}
		}
		for file := range from {
			if _, there := changed[file]; !there {
				patches[file] = nil
			}
		}
		if size < least {
			least, v.Base, v.Files, v.Whole = size, name, patches, nil
		}
	}
}

// nearest is the tile of another width that a tile which the base does not have is most
// like; "" for the file itself.
func nearest(from map[string][]byte, file string) string {
	stem, _, partial := strings.Cut(file, ".p/")
	if from[file] != nil || !partial {
		return ""
	}
	for other := range from {
		if strings.HasPrefix(other, stem+".p/") {
			return other
		}
	}
	return ""
}

// filesOf takes a zip apart; an error for one that is more than its files.
func filesOf(file []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, f := range z.File {
		if _, twice := files[f.Name]; twice || f.Method != zip.Store {
			return nil, errors.New("not as pack makes it")
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func deflated(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	must(t, err)
	_, err = w.Write(data)
	must(t, err)
	must(t, w.Close())
	return out.Bytes()
}

// write writes the vectors. The bases are packed as an auditor's own tools would, so
// that the reader has to unpack.
func (w *browserWriter) write() {
	w.t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(z *zip.Writer, name string, content []byte) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Time{}})
		must(w.t, err)
		_, err = f.Write(content)
		must(w.t, err)
	}
	for _, name := range slices.Sorted(maps.Keys(w.bases)) {
		var base bytes.Buffer
		packed := zip.NewWriter(&base)
		files := unzipped(w.t, w.bases[name])
		for _, file := range slices.Sorted(maps.Keys(files)) {
			put(packed, file, files[file])
		}
		must(w.t, packed.Close())
		put(z, name+".zip", base.Bytes())
	}
	put(z, "vectors.json", text(w.t, w.vectors))
	must(w.t, z.Close())
	must(w.t, os.WriteFile(browserVectors, out.Bytes(), 0o644))
}
