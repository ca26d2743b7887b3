// Package calendar counts the days of the law: working days, time limits,
// suspensions, extensions.
//
// What it promises:
//   - Everything is a pure function of the working-day table, the rule and the
//     facts given. No clock, no time-zone data: the zone is UTC+8 without
//     summer time, in force in China since 1992.
//   - Counting follows article 80 of 程序规定: the day of the event is not
//     counted; a period whose last day is a statutory holiday ends on the first
//     day after it; "within" includes the number (article 84).
//   - `wd` counts working days: Monday to Friday without the days off of the
//     State Council's notice, with its make-up workdays. `d` counts calendar
//     days. `h` counts clock hours to the second.
//   - Article 80 names statutory holidays, not weekends. Whether a period that
//     ends on an ordinary weekend moves is a parameter of the rule (Roll); the
//     earlier date is always reported too (Due.Strict).
//   - Excluded intervals do not count. A day is excluded when its first moment
//     lies inside an interval, so a suspension from Tuesday noon to Friday noon
//     excludes Wednesday to Friday; a limit that would end inside an interval
//     ends after it.
//   - A result that depends on a day outside the table is marked Provisional:
//     weekends and the statutory holidays of fixed date are assumed.
//   - Work is bounded: at most about 200 years of days are walked for one limit.
//
// A table and a rule set are values: parsed once, then read by any goroutine.
package calendar
