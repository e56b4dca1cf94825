"""Tests of scripts/lint, on a small tree of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def make_tree(test):
    """A checkout with nothing in it but what scripts/lint needs; gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="lint-test-"))
    test.addCleanup(shutil.rmtree, folder)
    (folder / "scripts").mkdir()
    for name in ("scripts/lint", "scripts/layers.txt", ".clang-format", ".clang-tidy"):
        shutil.copy(ROOT / name, folder / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, env=environment)
    return folder


class Lint(unittest.TestCase):
    def setUp(self):
        self.folder = make_tree(self)

    def lint(self, *arguments, **files):
        for name, text in files.get("files", {}).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        result = subprocess.run(
            [sys.executable, self.folder / "scripts/lint", "--no-tidy", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr

    def finds(self, name, include, complaint):
        code, output = self.lint(files={name: f"#pragma once\n\n#include <{include}>\n"})
        self.assertIn(complaint, output)
        self.assertIn(f"{name}:3: ", output)
        self.assertEqual(code, 1)

    def accepts(self, name, include):
        code, output = self.lint(files={name: f"#pragma once\n\n#include <{include}>\n"})
        self.assertEqual(code, 0, output)

    def test_a_folder_may_include_a_lower_one(self):
        self.accepts("libactors/actors/http/a.hpp", "actors/core/task.hpp")

    def test_a_folder_may_not_include_a_higher_one(self):
        self.finds("libactors/actors/core/a.cpp", "actors/http/b.hpp", "core may not include http")

    def test_a_folder_may_not_include_one_beside_it(self):
        self.finds("libactors/actors/net/a.cpp", "actors/fs/b.hpp", "net may not include fs")

    def test_the_library_may_not_include_a_service(self):
        self.finds("libactors/actors/app/a.cpp", "services/scraper/b.hpp", "app may not include services/scraper")

    def test_a_service_may_not_include_another_one(self):
        self.finds("services/chat/a.cpp", "services/scraper/b.hpp", "services/chat may not include")

    def test_the_node_may_include_services(self):
        self.accepts("services/node/a.cpp", "services/scraper/b.hpp")

    def test_a_folder_must_have_a_layer(self):
        code, output = self.lint(files={"libactors/actors/misc/a.cpp": "#include <actors/core/task.hpp>\n"})
        self.assertIn("the folder misc is not in scripts/layers.txt", output)
        self.assertEqual(code, 1)

    def test_a_public_header_may_not_include_an_internal_one(self):
        self.finds("libactors/actors/http/a.hpp", "actors/http/internal/b.hpp", "a public header may not include")

    def test_a_detail_header_is_public_in_that(self):
        self.finds("libactors/actors/http/detail/a.hpp", "actors/http/internal/b.hpp", "a public header may not include")

    def test_a_source_may_include_an_internal_header_of_its_folder(self):
        self.accepts("libactors/actors/http/a.cpp", "actors/http/internal/b.hpp")

    def test_internal_headers_are_not_for_other_folders(self):
        self.finds("libactors/actors/http/a.cpp", "actors/net/internal/b.hpp", "is internal to net")

    def test_internal_headers_are_not_for_services(self):
        self.finds("services/scraper/a.cpp", "actors/net/internal/b.hpp", "is internal to net")

    def test_a_test_may_look_into_the_folder_that_it_mirrors(self):
        self.accepts("tests/http/internal/a_test.cpp", "actors/http/internal/b.hpp")

    def test_a_test_may_not_look_into_another_folder(self):
        self.finds("tests/http/a_test.cpp", "actors/net/internal/b.hpp", "is internal to net")

    def test_examples_do_not_use_details(self):
        self.finds("examples/a.cpp", "actors/core/detail/b.hpp", "is a detail of core")

    def test_third_party_headers_stay_out_of_public_headers(self):
        for include in ("boost/asio.hpp", "sqlite3.h", "spdlog/spdlog.h"):
            self.finds("libactors/actors/sql/a.hpp", include, "does not belong in a header that is installed")

    def test_caf_json_and_describe_are_allowed_in_public_headers(self):
        for include in ("caf/actor.hpp", "nlohmann/json_fwd.hpp", "boost/describe.hpp", "vector"):
            self.accepts("libactors/actors/sql/a.hpp", include)

    def test_internal_headers_may_include_third_party_ones(self):
        self.accepts("libactors/actors/sql/internal/a.hpp", "sqlite3.h")

    def test_a_badly_formatted_file_is_found_and_mended(self):
        name = "libactors/actors/core/a.cpp"
        code, output = self.lint(files={name: "int  f( );\n"})
        self.assertIn(f"{name}:1: not formatted", output)
        self.assertEqual(code, 1)
        code, output = self.lint("--fix")
        self.assertEqual(code, 0, output)
        self.assertEqual((self.folder / name).read_text(), "int f();\n")


# Finds fault with sources in which "bad" stands, and notes which it has read.
FAKE_TIDY = """#!/bin/sh
if [ "$1" = --version ]; then echo "version of $0"; exit; fi
for last; do :; done
echo "${last##*/}" >> "${0%/*}/read"
if grep -q bad "$last"; then echo "$last:1:1: warning: bad [names]"; fi
"""


class Tidy(unittest.TestCase):
    def setUp(self):
        self.tree = make_tree(self)
        self.tool = self.tree / "build/bin/clang-tidy-19"
        self.tool.parent.mkdir(parents=True)
        self.tool.write_text(FAKE_TIDY)
        self.tool.chmod(0o755)
        self.flags = "-O3"
        self.write("examples/a.cpp", '#include "a.hpp"\n')
        self.write("examples/a.hpp", '#pragma once\n\n#include "b.hpp"\n')
        self.write("examples/b.hpp", "#pragma once\n")
        self.write("examples/other.cpp", "\n")

    def write(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self):
        """Which sources clang-tidy reads in a run over all of them, and what lint says."""
        commands = [
            {"directory": str(self.tree), "file": str(path), "command": f"c++ {self.flags} -c {path}"}
            for path in sorted(self.tree.glob("examples/*.cpp"))
        ]
        self.write("build/release/compile_commands.json", json.dumps(commands))
        log = self.tool.parent / "read"
        log.unlink(missing_ok=True)
        path = f"{self.tool.parent}:{os.environ['PATH']}"
        result = subprocess.run(
            [sys.executable, self.tree / "scripts/lint", "examples/a.cpp", "examples/other.cpp"],
            cwd=self.tree,
            env={**os.environ, "PATH": path, "ACTORS_CACHE_DIR": str(self.tree / "build/cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        return sorted(log.read_text().split()) if log.exists() else [], result.stdout + result.stderr

    def test_what_is_clean_is_not_read_again(self):
        self.assertEqual(self.read()[0], ["a.cpp", "other.cpp"])
        self.assertEqual(self.read()[0], [])

    def test_it_is_read_again_when_it_has_changed(self):
        self.read()
        self.write("examples/other.cpp", "int x;\n")
        self.assertEqual(self.read()[0], ["other.cpp"])

    def test_it_is_read_again_when_a_header_of_a_header_has_changed(self):
        self.read()
        self.write("examples/b.hpp", "#pragma once\n\nint x();\n")
        self.assertEqual(self.read()[0], ["a.cpp"])

    def test_it_is_read_again_when_it_is_compiled_in_another_way(self):
        self.read()
        self.flags = "-O0"
        self.assertEqual(self.read()[0], ["a.cpp", "other.cpp"])

    def test_it_is_read_again_under_other_rules(self):
        self.read()
        self.write(".clang-tidy", "Checks: none\n")
        self.assertEqual(self.read()[0], ["a.cpp", "other.cpp"])

    def test_it_is_read_again_by_another_clang_tidy(self):
        self.read()
        self.tool.write_text(FAKE_TIDY.replace("version of", "newer version of"))
        self.assertEqual(self.read()[0], ["a.cpp", "other.cpp"])

    def test_what_was_found_is_found_again(self):
        self.write("examples/other.cpp", "int bad;\n")
        for _ in range(2):
            read, output = self.read()
            self.assertIn("other.cpp", read)
            self.assertIn("examples/other.cpp:1:1: warning: bad", output)


if __name__ == "__main__":
    unittest.main()
