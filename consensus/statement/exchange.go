package statement

import (
	"slices"
	"strconv"
)

// Bounds of an offer. With the longest media types its items fill two thirds of a
// statement.
const (
	MaxOfferItems  = 200
	MaxOfferSize   = 1 << 40 // bytes of one item
	maxOfferText   = 300     // bytes of a purpose or a legal basis
	maxMedia       = 80      // bytes of a media type
	MaxOfferDays   = 366     // how long an offer may stand
	maxDisputeItem = MaxOfferItems
)

// OfferBody is the body of exchange.offer: one bureau's private objects are there
// for another bureau to fetch. The objects are named by their commitments; salts
// and names stand in the list that Root commits to, and travel with the objects.
type OfferBody struct {
	To      string // organisation that may fetch
	Record  string // the record it is for; may be empty
	Root    string // commitment of the list of materials
	Purpose string // what the recipient may use it for
	Basis   string // provision that allows it
	Expires int64  // unix s: no receipt after it
	Items   []OfferItem
}

// OfferItem is one object of an offer.
type OfferItem struct {
	Commitment string
	Size       int64  // bytes
	Media      string // as its owner claims, e.g. "application/pdf"
}

// ReceiptBody is the body of exchange.receipt: the recipient has every object of
// an offer, and each is what was committed to.
type ReceiptBody struct {
	Region string // that made the offer
	Offer  string // id of its statement
	Root   string // of the offer, as it was verified
}

// WithdrawBody is the body of exchange.withdraw: an offer of the signing region
// stands no longer.
type WithdrawBody struct {
	Offer  string
	Reason string // mistake, expired, superseded or destroyed
}

// DisputeBody is the body of exchange.dispute: what the recipient was given is not
// what was offered.
type DisputeBody struct {
	Region   string
	Offer    string
	Reason   string // list, chunk or whole: what did not match
	Item     int    // from 0, in the order of the offer; 0 with reason list
	Chunk    int64  // from 0; 0 unless reason is chunk
	Got      string // SHA-256 of the bytes that came
	Evidence string // commitment of those bytes, kept by the recipient; may be empty
}

var (
	withdrawReasons = [...]string{"destroyed", "expired", "mistake", "superseded"}
	disputeReasons  = [...]string{"chunk", "list", "whole"}
)

// WithdrawExpired is the reason of an offer whose time has passed; the others are
// a person's.
const WithdrawExpired = "expired"

// What of an offer did not match.
const (
	DisputeList  = "list"
	DisputeChunk = "chunk"
	DisputeWhole = "whole"
)

// IsExchange reports whether a kind is about offers.
func IsExchange(kind string) bool {
	switch kind {
	case KindOffer, KindWithdraw, KindReceipt, KindDispute:
		return true
	}
	return false
}

// Marshal gives the body's bytes.
func (b OfferBody) Marshal() []byte {
	dst := appendString([]byte(`{"to":`), b.To)
	if b.Record != "" {
		dst = appendString(append(dst, `,"record":`...), b.Record)
	}
	dst = appendString(append(dst, `,"root":`...), b.Root)
	dst = appendString(append(dst, `,"purpose":`...), b.Purpose)
	dst = appendString(append(dst, `,"basis":`...), b.Basis)
	dst = strconv.AppendInt(append(dst, `,"expires":`...), b.Expires, 10)
	dst = append(dst, `,"items":[`...)
	for i, item := range b.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"commitment":`...), item.Commitment)
		dst = strconv.AppendInt(append(dst, `,"size":`...), item.Size, 10)
		dst = append(appendString(append(dst, `,"media":`...), item.Media), '}')
	}
	return append(dst, ']', '}')
}

// ParseOffer reads the body of exchange.offer. Whether the recipient and the record
// exist is for the ledger. The error is an *Error.
func ParseOffer(body []byte) (OfferBody, error) {
	var b OfferBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "to":
			b.To, ok = s.formed(name, IsOrg)
		case "record":
			b.Record, ok = s.formed(name, IsRecordID)
		case "root":
			b.Root, ok = s.formed(name, IsCommitment)
		case "purpose":
			b.Purpose, ok = s.words(name)
		case "basis":
			b.Basis, ok = s.words(name)
		case "expires":
			if b.Expires, ok = s.integer(); ok && b.Expires < 1 {
				return s.failField(CodeForm, name)
			}
		case "items":
			b.Items, ok = s.offerItems()
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return OfferBody{}, err
	}
	return b, missing(
		member{"to", b.To != ""}, member{"root", b.Root != ""}, member{"purpose", b.Purpose != ""}, member{"basis", b.Basis != ""},
		member{"expires", b.Expires != 0}, member{"items", b.Items != nil},
	)
}

// offerItems reads 1 to MaxOfferItems items of different commitments.
func (s *scanner) offerItems() ([]OfferItem, bool) {
	var items []OfferItem
	seen := map[string]bool{}
	ok := s.elements(3, func() bool {
		var item OfferItem
		ok := s.members(4, func(name string) (ok bool) {
			switch name {
			case "commitment":
				item.Commitment, ok = s.formed(name, IsCommitment)
			case "size":
				item.Size, ok = s.integer()
				if ok && (item.Size < 1 || item.Size > MaxOfferSize) {
					return s.failField(CodeForm, name)
				}
			case "media":
				item.Media, ok = s.formed(name, IsMedia)
			default:
				ok = s.failField(CodeUnknown, "items")
			}
			return ok
		})
		switch {
		case !ok:
			return false
		case item.Commitment == "" || item.Size == 0 || item.Media == "":
			return s.failField(CodeMissing, "items")
		case len(items) == MaxOfferItems:
			return s.failField(CodeTooMany, "items")
		case seen[item.Commitment]:
			return s.failField(CodeForm, "items")
		}
		seen[item.Commitment] = true
		items = append(items, item)
		return true
	})
	if ok && len(items) == 0 {
		return nil, s.failField(CodeForm, "items")
	}
	return items, ok
}

// IsWords reports whether s can be a purpose or a legal basis: one short line of
// text without quotes and backslashes, so that it is written in one way only.
func IsWords(s string) bool {
	if len(s) == 0 || len(s) > maxOfferText || !CheckText(s) {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

func (s *scanner) words(field string) (string, bool) {
	if s.peek() != '"' {
		return "", s.failField(CodeWrongType, field)
	}
	start := s.i + 1
	if !s.str() {
		return "", false
	}
	if text := s.text[start : s.i-1]; IsWords(text) {
		return text, true
	}
	return "", s.failField(CodeForm, field)
}

// IsMedia reports whether s is a media type in lower case, without parameters
// (RFC 6838 section 4.2).
func IsMedia(s string) bool {
	slash := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/':
			if slash != 0 || i == 0 || i == len(s)-1 {
				return false
			}
			slash = i
		case !lower(c) && !digit(c) && c != '.' && c != '+' && c != '-' && c != '_':
			return false
		}
	}
	return slash != 0 && len(s) <= maxMedia
}

// Marshal gives the body's bytes.
func (b ReceiptBody) Marshal() []byte {
	dst := appendString([]byte(`{"region":`), b.Region)
	dst = appendString(append(dst, `,"offer":`...), b.Offer)
	return append(appendString(append(dst, `,"root":`...), b.Root), '}')
}

// ParseReceipt reads the body of exchange.receipt. The error is an *Error.
func ParseReceipt(body []byte) (ReceiptBody, error) {
	var b ReceiptBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "region":
			b.Region, ok = s.formed(name, IsRegion)
		case "offer":
			b.Offer, ok = s.formed(name, isULID)
		case "root":
			b.Root, ok = s.formed(name, IsCommitment)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return ReceiptBody{}, err
	}
	return b, missing(member{"region", b.Region != ""}, member{"offer", b.Offer != ""}, member{"root", b.Root != ""})
}

// Marshal gives the body's bytes.
func (b WithdrawBody) Marshal() []byte {
	dst := appendString([]byte(`{"offer":`), b.Offer)
	return append(appendString(append(dst, `,"reason":`...), b.Reason), '}')
}

// IsWithdrawReason reports whether s says why an offer is withdrawn.
func IsWithdrawReason(s string) bool { return slices.Contains(withdrawReasons[:], s) }

// ParseWithdraw reads the body of exchange.withdraw. The error is an *Error.
func ParseWithdraw(body []byte) (WithdrawBody, error) {
	var b WithdrawBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "offer":
			b.Offer, ok = s.formed(name, isULID)
		case "reason":
			b.Reason, ok = s.formed(name, IsWithdrawReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return WithdrawBody{}, err
	}
	return b, missing(member{"offer", b.Offer != ""}, member{"reason", b.Reason != ""})
}

// Marshal gives the body's bytes.
func (b DisputeBody) Marshal() []byte {
	dst := appendString([]byte(`{"region":`), b.Region)
	dst = appendString(append(dst, `,"offer":`...), b.Offer)
	dst = appendString(append(dst, `,"reason":`...), b.Reason)
	dst = strconv.AppendInt(append(dst, `,"item":`...), int64(b.Item), 10)
	dst = strconv.AppendInt(append(dst, `,"chunk":`...), b.Chunk, 10)
	dst = appendString(append(dst, `,"got":`...), b.Got)
	if b.Evidence != "" {
		dst = appendString(append(dst, `,"evidence":`...), b.Evidence)
	}
	return append(dst, '}')
}

// ParseDispute reads the body of exchange.dispute. The error is an *Error.
func ParseDispute(body []byte) (DisputeBody, error) {
	b := DisputeBody{Item: -1, Chunk: -1}
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "region":
			b.Region, ok = s.formed(name, IsRegion)
		case "offer":
			b.Offer, ok = s.formed(name, isULID)
		case "reason":
			b.Reason, ok = s.formed(name, func(s string) bool { return slices.Contains(disputeReasons[:], s) })
		case "item":
			var n int64
			if n, ok = s.integer(); ok && (n < 0 || n >= maxDisputeItem) {
				return s.failField(CodeForm, name)
			}
			b.Item = int(n)
		case "chunk":
			if b.Chunk, ok = s.integer(); ok && b.Chunk < 0 {
				return s.failField(CodeForm, name)
			}
		case "got":
			b.Got, ok = s.formed(name, IsDigest)
		case "evidence":
			b.Evidence, ok = s.formed(name, IsCommitment)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return DisputeBody{}, err
	}
	return b, missing(
		member{"region", b.Region != ""}, member{"offer", b.Offer != ""}, member{"reason", b.Reason != ""},
		member{"item", b.Item >= 0}, member{"chunk", b.Chunk >= 0}, member{"got", b.Got != ""},
	)
}
