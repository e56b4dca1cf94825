#!/usr/bin/env python3
"""Opens a documentation page in a real Chromium, tries its first operation, and prints what is seen.

usage: docs_page_in_chromium.py URL

With SCREENSHOTS=folder the page is also saved there as it looks.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import chromium  # noqa: E402

# As people type: the page's own idea of an input's value has to change too.
TYPE = """(selector, text) => {
  const input = document.querySelector(selector);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, text);
  input.dispatchEvent(new Event('input', {bubbles: true}));
  input.dispatchEvent(new FocusEvent('focusout', {bubbles: true})); // what was typed counts when they leave
}"""


def main(url):
    with chromium.Page(width=1200, height=1600) as page:
        page.open(url)
        page.wait_for("document.querySelectorAll('.opblock').length > 0")
        print("title:", page.evaluate("document.title"))
        print("operations:", page.evaluate(
            "[...document.querySelectorAll('.opblock-summary')].map(x =>"
            " x.querySelector('.opblock-summary-method').textContent + ' ' +"
            " x.querySelector('[data-path]').dataset.path).join(', ')"))
        page.evaluate("document.querySelector('.opblock-summary-control').click()")
        page.wait_for("document.querySelector('.try-out__btn') !== null")
        page.evaluate("document.querySelector('.try-out__btn').click()")
        page.wait_for("document.querySelector('.opblock .execute') !== null")
        page.evaluate(f"({TYPE})('tr[data-param-name=item_id] input', '7')")
        page.evaluate(f"({TYPE})('tr[data-param-name=q] input', 'bright')")
        page.evaluate("document.querySelector('.opblock .execute').click()")
        page.wait_for("document.querySelector('.live-responses-table .response-col_description pre') !== null")
        print("answer:", page.evaluate("document.querySelector('.live-responses-table .response .response-col_status')"
                                       ".childNodes[0].textContent.trim()"),
              page.evaluate("JSON.parse(document.querySelector('.live-responses-table .response-col_description pre')"
                            ".innerText).name"))
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(os.path.join(folder, "docs.png"))
        print("elsewhere:", page.evaluate("performance.getEntriesByType('resource').map(x => x.name)"
                                          ".filter(x => !x.startsWith(location.origin) && !x.startsWith('data:'))"))
        print("complaints:", page.complaints)


main(sys.argv[1])
