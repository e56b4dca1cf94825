"""Tests of scripts/lib/expect-output, which checks what examples print."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent.parent / "scripts/lib/expect-output"


def check(expected, printed, code=0):
    """The exit code of expect-output and what it says, for a program that prints `printed` and exits with `code`."""
    with tempfile.NamedTemporaryFile("w", suffix=".expected") as file:
        file.write(expected)
        file.flush()
        result = subprocess.run(
            [sys.executable, PROGRAM, file.name, "sh", "-c", f"printf '{printed}'; exit {code}"],
            capture_output=True,
            text=True,
            check=False,
        )
    return result.returncode, result.stdout + result.stderr


class ExpectOutput(unittest.TestCase):
    def test_equal_output_passes(self):
        self.assertEqual(check("a\nb\n", "a\\nb\\n")[0], 0)

    def test_another_line_fails_and_is_shown(self):
        code, output = check("a\nb\n", "a\\nc\\n")
        self.assertEqual(code, 1)
        self.assertIn("-b\n+c", output)

    def test_a_missing_or_additional_line_fails(self):
        self.assertEqual(check("a\nb\n", "a\\n")[0], 1)
        self.assertEqual(check("a\n", "a\\nb\\n")[0], 1)

    def test_a_pattern_stands_for_what_differs_from_run_to_run(self):
        self.assertEqual(check("took {{[0-9.]+}} s (of {{2|3}})\n", "took 2.01 s (of 3)\\n")[0], 0)
        self.assertEqual(check("took {{[0-9.]+}} s\n", "took long s\\n")[0], 1)

    def test_text_around_a_pattern_is_literal(self):
        self.assertEqual(check("a.c {{x+}}\n", "abc xx\\n")[0], 1)

    def test_a_program_that_fails_fails_the_test(self):
        code, output = check("a\n", "a\\n", code=3)
        self.assertEqual(code, 1)
        self.assertIn("exited with 3", output)


if __name__ == "__main__":
    unittest.main()
