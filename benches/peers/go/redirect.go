package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// reference is a scheme, if there is one, and the slashes behind it.
var reference = regexp.MustCompile(`^(?:([A-Za-z0-9+.-]+):)?(/*)(.*)$`)

// redirectTarget returns where an answer leads from a url, and "" if it is no redirect: the rule of src/redirect.rs.
func redirectTarget(answer *http.Response, from string) (string, error) {
	var location string
	isAmbiguous := false
	for _, line := range answer.Header["Location"] {
		if value := strings.Trim(line, " \t"); value != "" {
			isAmbiguous = isAmbiguous || location != "" && location != value
			if location == "" {
				location = value
			}
		}
	}
	if answer.StatusCode < 300 || answer.StatusCode > 399 || location == "" {
		return "", nil
	}
	refuse := func(kind, why string) (string, error) {
		return "", Failed{kind, fmt.Sprintf("redirected to %.120q: %s", location, why)}
	}
	if isAmbiguous {
		return refuse("protocol", "another location line differs")
	}
	text, ok := encoded(location)
	if !ok {
		return refuse("protocol", "it holds a control character")
	}
	found := reference.FindStringSubmatch(text)
	scheme, slashes, path := strings.ToLower(found[1]), len(found[2]), found[3]
	base, err := url.Parse(from)
	switch {
	case err != nil:
		return refuse("protocol", "not a url")
	case scheme != "" && scheme != "http" && scheme != "https":
		return refuse("unsupported", "only http and https are followed")
	case slashes > 3 || scheme != "" && slashes == 0:
		return refuse("protocol", "the host must follow two slashes")
	case scheme == "" && slashes > 1:
		text = base.Scheme + "://" + path
	case scheme != "":
		text = scheme + "://" + path
	case slashes == 0 && !strings.ContainsAny(text[:1], "?#"):
		// A colon in the first segment would be the end of a scheme.
		text = "./" + text
	}
	target, err := base.Parse(withPlainDots(text))
	// No other backend takes a zone for a part of a host.
	if err != nil || target.Hostname() == "" || strings.Contains(target.Host, "%") {
		return refuse("protocol", "not a url")
	}
	target.User = nil
	if target.Fragment == "" {
		target.Fragment, target.RawFragment = base.Fragment, base.RawFragment
	}
	return target.String(), nil
}

// withPlainDots decodes the segments of a path that are encoded dots, which net/url takes for names.
func withPlainDots(text string) string {
	end := strings.IndexAny(text, "?#")
	if end < 0 {
		end = len(text)
	}
	segments := strings.Split(text[:end], "/")
	for index, segment := range segments {
		if plain := strings.ReplaceAll(strings.ToLower(segment), "%2e", "."); plain == "." || plain == ".." {
			segments[index] = plain
		}
	}
	return strings.Join(segments, "/") + text[end:]
}

// encoded percent-encodes what a url may not hold; in a query a space is `+`. It refuses control characters.
func encoded(location string) (string, bool) {
	var text strings.Builder
	inQuery := false
	for index := 0; index < len(location); index++ {
		symbol := location[index]
		inQuery = inQuery || symbol == '?'
		switch {
		case symbol < ' ' || symbol == 127:
			return "", false
		case symbol == ' ' && inQuery:
			text.WriteByte('+')
		case symbol > 127 || strings.IndexByte(" \"<>\\^`{|}", symbol) >= 0 || symbol == '\'' && inQuery:
			fmt.Fprintf(&text, "%%%02X", symbol)
		default:
			text.WriteByte(symbol)
		}
	}
	return text.String(), true
}
