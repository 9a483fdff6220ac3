"""A page in a browser that only Playwright can drive: its own builds of Firefox and WebKit.

`python own_build.py NAME ADDRESS` opens the address and stays until it is ended; without ADDRESS it
prints the browser's version. It runs as a program of its own, because Playwright's synchronous
interface does not nest, and `kerasport verify` holds a Chromium with it already.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run the program.

    Args:
        arguments: `chromium`, `firefox` or `webkit`, and the address.
    """
    from playwright.sync_api import sync_playwright

    from kerasport.parity.browsers.offline import PLAYWRIGHT_PROXY

    name, *addresses = arguments
    with sync_playwright() as playwright:
        browser = getattr(playwright, name).launch(proxy=PLAYWRIGHT_PROXY)
        if not addresses:
            sys.stdout.write(f"{browser.version}\n")
            return 0
        page = browser.new_page()
        page.goto(addresses[0])
        # The page fetches its work by itself. It closes when the browser ends.
        page.wait_for_event("close", timeout=0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
