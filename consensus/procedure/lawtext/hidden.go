package lawtext

// Hidden reports characters that do not show or that change how others show:
// controls (line feed and tab apart), bidirectional marks, zero-width and
// other format characters, private use, noncharacters, tags, and everything
// above plane 3. The list is frozen here instead of taken from package
// unicode, whose tables move with the Go release.
func Hidden(r rune) bool {
	if r < 0x7f {
		return r < 0x20 && r != '\n' && r != '\t'
	}
	if r < 0x2000 {
		return r < 0xa0 || r == 0xad || r == 0x34f || r == 0x61c || r == 0x70f ||
			(r >= 0x600 && r <= 0x605) || r == 0x6dd || r == 0x890 || r == 0x891 || r == 0x8e2 ||
			r == 0x115f || r == 0x1160 || r == 0x17b4 || r == 0x17b5 || (r >= 0x180b && r <= 0x180f)
	}
	switch {
	case r >= 0x200b && r <= 0x200f, // zero width, directional marks
		r >= 0x2028 && r <= 0x202e, // separators, directional embeddings
		r >= 0x2060 && r <= 0x206f, // joiners, isolates, deprecated formats
		r == 0x3164, r == 0xffa0,   // Hangul fillers
		r >= 0xd800 && r <= 0xf8ff, // surrogates, private use
		r >= 0xfdd0 && r <= 0xfdef, // noncharacters
		r >= 0xfe00 && r <= 0xfe0f, // variation selectors
		r == 0xfeff,                // byte order mark
		r >= 0xfff0 && r <= 0xfffb, // interlinear annotations
		r&0xfffe == 0xfffe,         // noncharacters of every plane
		r == 0x110bd, r == 0x110cd, // number signs of Kaithi
		r >= 0x13430 && r <= 0x1343f, // hieroglyph format controls
		r >= 0x1bca0 && r <= 0x1bca3, // shorthand format controls
		r >= 0x1d173 && r <= 0x1d17a, // musical format controls
		r >= 0x40000:                 // unassigned planes, tags, private planes
		return true
	}
	return false
}
