// Package console is the web console: the built pages, who sits before them, and
// how a browser's requests come to the public door.
//
// What it promises:
//   - The browser never holds a token. It holds a cookie that no script can read;
//     the session that it names stays in this process, and a request of it comes
//     to /v1 with a token of the region's own issuer, minted for a few minutes.
//     So there is one gate and one set of permissions for everybody.
//   - The cookie goes with requests of the console's own pages only. One that
//     another page had a hand in is refused (403), reads included: looking leaves
//     traces, too.
//   - A session ends after IdleLife without a hand on the keyboard, after FullLife in
//     any case, when its person signs out, here or everywhere, and with the
//     process. What is being sent to it at that moment is broken off.
//   - A sign-in link works once, until it expires or was tried wrongly too often,
//     over restarts of the node.
//   - Names and passwords are tried by counting first, and no answer tells whether
//     there is an account (api/account). A changed account's sessions end.
//   - The three administrators exclude one another and every office, whichever way
//     somebody comes in; what they do is written down before, or not done.
//   - Pages run no script but the embedded ones and load nothing from another host;
//     styles carry a nonce of their answer.
//
// The React sources lie beside this package; dist is what `npm run build` makes of
// them, committed, so that `go build` needs no npm. `.ci/console` builds it again and
// fails on a difference.
package console
