package peer

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/transport"
)

// OfferRef names an offer of private objects.
type OfferRef struct {
	Region string // that made it
	ID     string // of its statement
}

// ErrAbsent: no such offer or object here, or not for the asker.
var ErrAbsent = errors.New("no such offer or object here")

// Objects is what the door asks about private objects that this bureau offers;
// *exchange.Exchange is one. Each answer is for a node of the given region. An
// error that is not ErrAbsent is a failure of this node.
type Objects interface {
	// GiveList gives the salt of an offer's list of materials, then the list.
	GiveList(ctx context.Context, region string, o OfferRef) ([]byte, error)
	// GiveTree gives the hashes of an object's chunks.
	GiveTree(ctx context.Context, region string, o OfferRef, item int) ([]byte, error)
	// GiveChunk gives a chunk; it lies in buf, which has ChunkBuffer bytes.
	GiveChunk(ctx context.Context, region string, o OfferRef, item int, chunk int64, buf []byte) ([]byte, error)
}

const (
	pathOffers = "/peer/v1/offers/{region}/{id}"
	pathLend   = "/peer/v1/lend"

	// ChunkBytes is the largest chunk, ChunkBuffer what reading one takes.
	ChunkBytes  = 1 << 20
	ChunkBuffer = ChunkBytes + 16
	// maxTree bounds the hashes of an object's chunks: 32 bytes a chunk, 128 GiB.
	maxTree = 4 << 20
	// maxListBytes bounds a list of materials with its salt.
	maxListBytes = ChunkBytes + 64
	// givenMost bounds the chunks that a region is given at a time; each holds a buffer.
	// A node asks for five at most (bulkConns).
	givenMost = 8
)

// objectRoutes are the routes for private objects. They are also served over
// connections that this node has made itself and lent.
func (d *door) objectRoutes() []route {
	return []route{
		{"GET " + pathOffers + "/list", d.object(func(r *http.Request, region string, o OfferRef) ([]byte, error) {
			return d.Objects.GiveList(r.Context(), region, o)
		})},
		{"GET " + pathOffers + "/items/{item}/tree", d.object(func(r *http.Request, region string, o OfferRef) ([]byte, error) {
			item, err := strconv.Atoi(r.PathValue("item"))
			if err != nil {
				return nil, ErrAbsent
			}
			return d.Objects.GiveTree(r.Context(), region, o, item)
		})},
		{"GET " + pathOffers + "/items/{item}/chunks/{chunk}", d.chunks()},
	}
}

// chunks answers with chunks, a bounded number at a time and region.
func (d *door) chunks() http.HandlerFunc {
	s := &shelves{of: map[string]chan []byte{}}
	return func(w http.ResponseWriter, r *http.Request) {
		who, _ := transport.PeerFrom(r.Context()) // New let nobody in without
		buffers := s.buffers(who.Region)
		var buf []byte
		select {
		case buf = <-buffers:
		case <-r.Context().Done():
			return
		}
		if buf == nil {
			buf = make([]byte, ChunkBuffer)
		}
		defer func() { buffers <- buf }() // after the answer was written
		d.object(func(r *http.Request, region string, o OfferRef) ([]byte, error) {
			item, err := strconv.Atoi(r.PathValue("item"))
			chunk, err2 := strconv.ParseInt(r.PathValue("chunk"), 10, 64)
			if errors.Join(err, err2) != nil {
				return nil, ErrAbsent
			}
			return d.Objects.GiveChunk(r.Context(), region, o, item, chunk, buf)
		})(w, r)
	}
}

// shelves are the buffers of each region: one whose nodes read slowly, or not at all,
// takes none from the others.
type shelves struct {
	mu sync.Mutex
	of map[string]chan []byte // by region, of which there are a handful; guarded by mu
}

func (s *shelves) buffers(region string) chan []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.of[region]
	if list == nil {
		list = make(chan []byte, givenMost)
		for range givenMost {
			list <- nil // made when it is first needed
		}
		s.of[region] = list
	}
	return list
}

// object answers with bytes, 404 or, when this node fails, 503.
func (d *door) object(give func(r *http.Request, region string, o OfferRef) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who, _ := transport.PeerFrom(r.Context()) // New let nobody in without
		o := OfferRef{r.PathValue("region"), r.PathValue("id")}
		if !statement.IsRegion(o.Region) || statement.CheckID(o.ID) != nil || d.Objects == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		data, err := give(r, who.Region, o)
		switch {
		case errors.Is(err, ErrAbsent):
			w.WriteHeader(http.StatusNotFound)
		case err != nil:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.Header().Set("Content-Type", mediaBytes)
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			_, _ = w.Write(data) // an asker that is gone asks again
		}
	}
}
