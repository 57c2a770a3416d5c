//! Why curl makes something else of an answer: curl 7.88, or also the newer one of the backend
//! `curl-multi`.

pub const MINOR: &str = "curl refuses minor versions above 1";
pub const HTTP_2: &str = "curl 7.88 takes an answer in HTTP/2 though it asked in HTTP/1.1";
pub const PREFIX: &str =
    "curl takes a line that begins with HTTP/ in any case for status 200 of HTTP/1.0";
pub const STATUS: &str = "curl refuses statuses below 100";
pub const DIGITS: &str = "curl reads three digits and ignores the rest of the line";
pub const CONTROL: &str =
    "curl keeps control bytes, which RFC 9110 allows in some places (section 5.5)";
pub const BLANK: &str = "curl takes other whitespace for a space, which section 4 allows";
pub const BARE_CR: &str = "curl 7.88 keeps a bare CR";
pub const EMPTY_LINE: &str = "curl skips no empty line, which section 2.2 asks of servers alone";
pub const CUT_HEAD: &str = "curl takes a head that is cut short for a whole one";
pub const COLON: &str = "curl takes any line with a colon for a field";
pub const COUNT: &str = "curl takes 5,000 fields at most";
pub const SIZE: &str = "curl takes heads of up to 300 kB";
pub const FOLD: &str = "curl 7.88 takes each line of a folded field by itself";
pub const NUMBER: &str = "curl 7.88 reads digits and ignores what follows";
pub const LARGE: &str = "curl reads until the end if the length is beyond 63 bits";
pub const MEMBER: &str = "curl knows no empty members in a list of lengths";
pub const LAST_LENGTH: &str = "curl 7.88 takes the last of several lengths";
pub const UNCHUNKED: &str = "curl 7.88 closes the connection over a coding line without chunked";
pub const IDENTITY: &str = "curl ignores identity wherever it stands";
pub const AGAIN: &str = "curl ignores chunked if it comes again";
pub const KEEPS: &str = "curl does not close the connection over a doubtful length";
pub const OVERRIDDEN: &str = "curl refuses an invalid length even if a coding overrides it";
pub const ZEROS: &str = "curl takes sizes of 16 digits at most";
pub const BEHIND_SIZE: &str = "curl ignores what stands between the digits of a size and LF";
pub const DISCARDS: &str = "curl discards what follows, which section 6.3 allows";
pub const LF: &str = "curl takes LF for CRLF in the coding";
pub const TRAILER_FOLD: &str = "curl takes each line of a folded trailer by itself";
pub const EMPTY_OPTION: &str = "curl does not skip empty options";
pub const ANYWHERE: &str = "curl 7.88 finds close anywhere in the value";
pub const OLD_KEEP: &str = "curl 7.88 heeds keep-alive alone in HTTP/1.0";
pub const CUT_CHUNKS: &str = "curl 7.88 needs no LF behind the last chunk";
pub const SWITCHED: &str = "curl takes a 101 that it did not ask for as the final answer";
