#!/usr/bin/env python3
"""The node's home page in a real Chromium.

usage: home_page_test.py ACTORS-PROGRAM [unittest arguments]

With SCREENSHOTS=folder the page is also saved there as it looks.
"""

import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
import chromium  # noqa: E402

ACTORS = None


class Site(http.server.ThreadingHTTPServer):
    """Four pages that link to each other, on a free port; one does not exist."""

    class Handler(http.server.BaseHTTPRequestHandler):
        pages = {"/": '<title>Start</title><a href="a">a</a> <a href="b">b</a> <a href="gone">gone</a>',
                 "/a": "<title>A</title><a href='/'>home</a>", "/b": "<title>B</title>"}

        def do_GET(self):
            content = self.pages.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((content or "gone").encode())

        def log_message(self, *unused):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Node:
    """`actors node` in a folder of its own."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="home-page-test-")
        self._process = subprocess.Popen([ACTORS, "node", "--set", "web.port=0"], cwd=self._folder.name,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if found := re.search(r"http://[\d.]+:\d+/?", line):
                self.url = found.group(0)
                break
        else:
            raise RuntimeError("the node printed no address:\n" + "".join(lines))
        threading.Thread(target=lambda: [None for _ in self._process.stdout], daemon=True).start()
        return self

    def __exit__(self, *unused):
        self._process.terminate()
        status = self._process.wait(30)
        self._folder.cleanup()
        if status not in (0, 143):
            raise RuntimeError(f"the node ended with {status}")


def screenshot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(os.path.join(folder, name + ".png"))


class HomePage(unittest.TestCase):
    def setUp(self):
        self.node = self.enterContext(Node())
        self.page = self.enterContext(chromium.Page())
        self.page.open(self.node.url)
        self.page.wait_for("document.querySelectorAll('#health span').length > 0")

    def tearDown(self):
        self.assertEqual(self.page.complaints, [])

    def start_crawl(self, url):
        self.page.evaluate(f"document.querySelector('[name=url]').value = {url!r}; document.querySelector('form button').click()")

    def test_shows_every_component_in_good_health(self):
        names = self.page.evaluate("[...document.querySelectorAll('#health span')].map(x => x.textContent)")
        self.assertIn("scraper", names)
        self.assertEqual(self.page.evaluate("document.querySelectorAll('#health span.bad').length"), 0)
        self.assertIn("None yet", self.page.evaluate("document.querySelector('#crawls').textContent"))
        screenshot(self.page, "empty")

    def test_starts_a_crawl_and_shows_its_end_and_its_pages(self):
        site = Site()
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        self.start_crawl(site.url)
        row = "document.querySelector('#crawls tr')"
        self.page.wait_for(f"{row}.cells.length == 7 && !['running', 'starting'].includes({row}.cells[1].textContent)")
        cells = self.page.evaluate(f"[...{row}.cells].map(x => x.textContent)")
        self.assertEqual(cells[0], site.url)
        self.assertEqual(cells[2:5], ["4", "1", "0"])
        screenshot(self.page, "done")
        self.page.emulate(prefers_color_scheme="dark")
        screenshot(self.page, "done-dark")
        self.page.evaluate(f"{row}.querySelector('a').click()")
        self.page.wait_for("location.pathname.endsWith('/pages') && document.body.innerText.includes('Start')")

    def test_shows_what_is_wrong_with_an_address_beside_the_form(self):
        self.start_crawl("ftp://127.0.0.1/")
        self.page.wait_for("!document.querySelector('#problem').hidden")
        self.assertIn("ftp", self.page.evaluate("document.querySelector('#problem').textContent"))
        screenshot(self.page, "problem")

    def test_fits_a_narrow_screen(self):
        self.page.resize(360, 740)
        self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 360)
        screenshot(self.page, "narrow")


if __name__ == "__main__":
    ACTORS = os.path.abspath(sys.argv.pop(1))
    unittest.main()
