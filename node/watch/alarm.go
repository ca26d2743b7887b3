package watch

import (
	"fmt"
	"strings"
	"unicode"
)

// Kind is what an alarm is about. Kinds are stable; sentences are not.
type Kind string

// The kinds.
const (
	KindFork        Kind = "fork"        // proved: two signed checkpoints cannot both be true
	KindFalse       Kind = "false"       // what a node shows does not verify
	KindUnreachable Kind = "unreachable" // a node does not answer
	KindNone        Kind = "none"        // a node shows no checkpoint
	KindStale       Kind = "stale"       // a checkpoint is too old
	KindBehind      Kind = "behind"      // a node shows an older checkpoint than the others for too long
	KindBack        Kind = "back"        // a node shows less than it did
	KindUncosigned  Kind = "uncosigned"  // a region has not cosigned for too long
	KindUncompared  Kind = "uncompared"  // nobody gave the tiles to compare with
	KindClock       Kind = "clock"       // a cosignature from the future
)

// Severe reports whether an alarm of this kind means that somebody lied or that
// bytes were broken; others are troubles that may pass.
func (k Kind) Severe() bool { return k == KindFork || k == KindFalse }

// Alarm is something that is wrong now.
type Alarm struct {
	Kind Kind   `json:"kind"`
	Node string `json:"node,omitempty"` // address
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// In is the sentence in a language, "zh" or "en".
func (a Alarm) In(lang string) string {
	if lang == "zh" {
		return a.ZH
	}
	return a.EN
}

// maxReason bounds what is repeated of an error, in bytes.
const maxReason = 300

// plain is an error's text without what a hostile node may have put into it to
// take over a terminal or to fill a log.
func plain(text string) string {
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// alarm makes one; the Chinese sentence names arguments by position where their
// order differs.
func alarm(kind Kind, node, zh, en string, args ...any) Alarm {
	return Alarm{Kind: kind, Node: node, ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}
