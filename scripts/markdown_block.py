#!/usr/bin/env python3
"""Puts text into a block of a page: between the lines <!-- BEGIN: NAME --> and <!-- END: NAME -->.

Usage: scripts/markdown_block.py NAME PAGE… < TEXT      replace the block in every PAGE
       scripts/markdown_block.py --check NAME PAGE…     only check that every PAGE has the block once

No page is written unless all of them can be read and have the block.
"""

import os
import re
import shutil
import sys


def insert(name, content, pages):
    """Replaces the block in every page, or in none."""
    texts = {page: replaced(page, name, content) for page in pages}
    for page, text in texts.items():
        replace_file(page, text)


def replaced(page, name, content):
    """Returns the text of a page with other content in its block."""
    try:
        with open(page, encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        fail(page, f"cannot be read: {error}")
    begin, end = f"<!-- BEGIN: {name} -->", f"<!-- END: {name} -->"
    first, last = find_line(page, text, begin), find_line(page, text, end)
    if last.start() < first.end():
        fail(page, f"the line {end} stands before {begin}")
    return text[: first.end()] + content.rstrip("\n") + "\n" + text[last.start() :]


def find_line(page, text, wanted):
    """Returns the match of the only line that is `wanted`."""
    found = list(re.finditer(rf"^{re.escape(wanted)}[^\S\n]*(\n|\Z)", text, re.MULTILINE))
    if not found:
        fail(page, f"there is no line {wanted}: add it where the tables are to stand")
    if len(found) > 1:
        fail(page, f"the line {wanted} stands there twice")
    return found[0]


def replace_file(page, text):
    """Replaces a file, or the target of a link, as a whole."""
    target = os.path.realpath(page)
    new = f"{target}.{os.getpid()}.new"
    with open(new, "x", encoding="utf-8", newline="") as file:
        file.write(text)
    shutil.copymode(target, new)
    os.replace(new, target)


def fail(page, why):
    print(f"error: {page}: {why}", file=sys.stderr)
    sys.exit(2)


def main(arguments):
    is_check = arguments[:1] == ["--check"]
    name, *pages = arguments[is_check:] or [None]
    if name in ("-h", "--help"):
        print(__doc__.strip())
    elif not pages:
        sys.exit(__doc__.strip())
    elif is_check:
        for page in pages:
            replaced(page, name, "")
    else:
        insert(name, sys.stdin.read(), pages)


if __name__ == "__main__":
    main(sys.argv[1:])
