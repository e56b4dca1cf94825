"""Tests of scripts/lint, on a small tree of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Lint(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lint-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "scripts").mkdir()
        for name in ("scripts/lint", "scripts/layers.txt", ".clang-format"):
            shutil.copy(ROOT / name, self.folder / name)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(["git", "init", "--quiet", str(self.folder)], check=True, env=environment)

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


if __name__ == "__main__":
    unittest.main()
