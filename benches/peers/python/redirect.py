"""Where a redirect leads: the rule of src/redirect.rs, for clients in Python."""

import re
from urllib.parse import unquote

# What no url may hold, beside bytes beyond ASCII.
ENCODED = set(b' "<>\\^`{|}')

# A scheme, if there is one, and the slashes behind it.
REFERENCE = re.compile(r"(?:([A-Za-z0-9+.-]+):)?(/*)(.*)")

# Scheme, host, port, path, query and fragment of a url, whose user is left out.
URL = re.compile(r"(https?)://(?:[^/?#]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#:@\[\]]+)(?::(\d*))?(/[^?#]*)?(\?[^#]*)?(#.*)?", re.I)

# What a host may not hold once it is decoded.
NO_HOST = re.compile(r"[\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]")


class Refused(Exception):
    """A location that is not followed, with the class of the failure."""

    def __init__(self, kind, location, why):
        shown = location[:120].decode("utf-8", "replace")
        super().__init__(f"redirected to {shown!r}: {why}")
        self.kind = kind


def target(status, lines, url):
    """Returns where an answer with these `location` lines leads from `url`, and None if it is no redirect."""
    values = [value for value in (line.strip() for line in lines) if value]
    if not 300 <= status <= 399 or not values:
        return None
    location = values[0]
    if any(other != location for other in values):
        raise Refused("protocol", location, "another location line differs")
    text = encoded(location)
    scheme, slashes, path = REFERENCE.fullmatch(text).groups()
    if scheme and scheme.lower() not in ("http", "https"):
        raise Refused("unsupported", location, "only http and https are followed")
    if not scheme and len(slashes) < 2:
        text = resolved(text, url)
    elif 1 <= len(slashes) <= 3:
        text = f"{scheme or url.split(':')[0]}://{path}"
    else:
        raise Refused("protocol", location, "the host must follow two slashes")
    found = URL.fullmatch(text)
    host = found and ascii_host(unquote(found[2]))
    if not host or int(found[3] or 0) > 65535:
        raise Refused("protocol", location, "not a url")
    scheme, _, port, path, query, fragment = found.groups(default="")
    port = f":{int(port)}" if port else ""
    # The fragment of the url that was fetched is inherited.
    fragment = fragment or "".join(url.partition("#")[1:])
    return f"{scheme.lower()}://{host}{port}{without_dots(path)}{query}{fragment}"


def encoded(location):
    """The location with what no url may hold percent-encoded; in a query a space is `+`."""
    text, in_query = "", False
    for byte in location:
        in_query |= byte == ord("?")
        if byte < 32 or byte == 127:
            raise Refused("protocol", location, "it holds a control character")
        if byte == ord(" ") and in_query:
            text += "+"
        elif byte > 127 or byte in ENCODED or (byte == ord("'") and in_query):
            text += f"%{byte:02X}"
        else:
            text += chr(byte)
    return text


def resolved(reference, url):
    """A reference without a host, resolved against a url (RFC 3986, section 5.2)."""
    scheme, host, port, path, query, _ = URL.fullmatch(url).groups(default="")
    if reference.startswith("#"):
        reference = path + query + reference
    elif reference.startswith("?"):
        reference = path + reference
    elif not reference.startswith("/"):
        reference = path.rpartition("/")[0] + "/" + reference
    return f"{scheme}://{host}{':' if port else ''}{port}{reference}"


def ascii_host(host):
    """A host in ASCII and lower case; None if it holds what no host may."""
    if not host.startswith("[") and NO_HOST.search(host):
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return None
    return host.lower()


def without_dots(path):
    """A path without its segments of dots (RFC 3986, section 5.2.4)."""
    kept, segments = [], path.split("/")[1:] or [""]
    for number, segment in enumerate(segments, 1):
        dots = segment.lower().replace("%2e", ".")
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
        if dots in (".", "..") and number == len(segments):
            kept.append("")
    return "/" + "/".join(kept)
