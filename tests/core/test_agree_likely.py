"""The likeliest rewordings of a question about code, and what only looks like them."""
# ruff: noqa: E501  # a case is a line

import pytest

from agentcache.core.query import agree, read_query

SAME = {
    "defined_there": """
Where is the `Ledger` class defined? | Locate the `Ledger` class definition.
Where is the `drain` function implemented? | Find the `drain` function implementation.
""",
    "signature_of": """
What is the signature of `drain`? | What is the signature of the function `drain`?
What is the signature of `drain`? | What is the function signature of `drain`?
What is the return type of `drain`? | What is the return type of the `drain` method?
What is the signature of `drain`? | Find the signature of the `drain` function.
What is the type of the `grace` parameter? | Find the type of the `grace` parameter.
""",
    "kind_last": """
Where is the error code `E_FULL` raised? | Where is the `E_FULL` error code raised?
Where is the feature flag `dark` read? | Where is the `dark` feature flag read?
Where is the environment variable `HOME_DIR` read? | Where is the `HOME_DIR` environment variable read?
""",
    "which_as_that": """
Show me the tests that cover the mixer | Show me the tests which cover the mixer
""",
    "responsible": """
Which module is responsible for sending invoices? | Find the module responsible for sending invoices.
""",
    "callers": """
Who calls `drain`? | Who are the callers of `drain`?
""",
    "differences": """
What is the difference between `Lane` and `Track`? | What are the differences between `Lane` and `Track`?
""",
    "currently": """
Does the importer support nested zips? | Does the importer currently support nested zips?
Which codecs does the importer support? | Which codecs does the importer currently support?
""",
    "in_this_codebase": """
What happens when a lease expires? | What happens in this codebase when a lease expires?
""",
}
APART = {
    "defined_there": """
Where is the `Ledger` class used? | Locate the `Ledger` class definition.
Where is the `Ledger` struct defined? | Locate the `Ledger` class definition.
Where is the `Ledgers` class defined? | Locate the `Ledger` class definition.
Where is the `Ledger` class implemented? | Locate the `Ledger` class definition.
Where is the `Ledger` class definition parsed? | Where is the `Ledger` class defined?
Where are the tests of the `Ledger` class definition? | Where is the `Ledger` class defined?
Where isn't the `Ledger` class defined? | Locate the `Ledger` class definition.
How is the `Ledger` class defined? | Locate the `Ledger` class definition.
Find all `Ledger` class definitions | Where is the `Ledger` class declared?
Where is the `Ledger` class redefined? | Find the `Ledger` class definition.
""",
    "signature_of": """
What is the signature of the class `drain`? | What is the signature of the function `drain`?
What is the signature of the method `drain`? | What is the signature of the function `drain`?
What is the type of the function `drain`? | What is the signature of the function `drain`?
What is the return type of the function `drain`? | What is the signature of `drain`?
What is the signature of the function `drained`? | What is the signature of `drain`?
What is the signature of the function in `drain`? | What is the signature of `drain`?
What is the signature of the function `drain` calls? | What is the signature of `drain`?
What is the signature of the functions of `drain`? | What is the signature of `drain`?
Where is the signature of the function `drain` checked? | What is the signature of `drain`?
Who checks the function signature of `drain`? | What is the signature of `drain`?
Where is the type of the `grace` parameter checked? | Find the type of the `grace` parameter.
Where is the signature of `drain` verified? | Find the signature of `drain`.
Find the default of the `grace` parameter. | Find the type of the `grace` parameter.
""",
    "kind_last": """
Where is the error code `E_FULL` handled? | Where is the `E_FULL` error code raised?
Where is the error code `E_FULL` raised? | Where is the `E_FULL` exit code raised?
Where is the error code `E_FULL` raised? | Where is the `E_FULL` error raised?
Where is the error code `drain` returns handled? | Where is the `drain` error code handled?
Which environment variable does `boot` read? | Where is the `boot` environment variable read?
Which environment variable is read by `boot`? | Where is the `boot` environment variable read?
Where is the feature flag for `dark` read? | Where is the `light` feature flag read?
Where is the feature flag `dark` set? | Where is the `dark` feature flag read?
Where is the feature flag `dark` not read? | Where is the `dark` feature flag read?
When is the feature flag `dark` read? | Where is the `dark` feature flag read?
Where is the feature flag `dark` read in tests? | Where is the `dark` feature flag read?
Where is the feature of the `dark` flag read? | Where is the `dark` feature flag read?
""",
    "which_as_that": """
Show me the code that decides which test runs | Show me the code that decides that test runs
Show me the tests in which the mixer is muted | Show me the tests that the mixer is muted in the loop
Show me the tests which cover the mixer | Show me the tests which the mixer covers
Show me the tests which do not cover the mixer | Show me the tests that cover the mixer
Show me the tests which cover the fader | Show me the tests that cover the mixer
Show me the tests which cover the mixer | Show me the code that covers the mixer
Show me the tests which use the mixer | Show me the tests that cover the mixer
Show me the tests which only cover the mixer | Show me the tests that cover the mixer
Show me the tests which covered the mixer | Show me the tests that cover the mixer
Show me the test which covers the mixer | Show me how the tests cover the mixer
""",
    "responsible": """
Which module is responsible for sending invoices? | Find the module responsible for receiving invoices.
Which module is responsible for sending invoices? | Find the function responsible for sending invoices.
Which module is responsible for sending invoices? | Find the module not responsible for sending invoices.
Which module is responsible for sending invoices? | Find the tests of the module responsible for sending invoices.
Which module is responsible for sending invoices? | Find the module responsible for sending receipts.
Which module is responsible for sending invoices? | Find the modules no longer responsible for sending invoices.
Which module is responsible for sending invoices? | Find the person responsible for sending invoices.
Which module is responsible for sending invoices? | Find the module partly responsible for sending invoices.
Which module is responsible for sending invoices? | Find the module formerly responsible for sending invoices.
Which module is responsible for sending invoices? | Find the module responsible for testing the sending of invoices.
""",
    "callers": """
What does `drain` call? | Who are the callers of `drain`?
Who are the authors of `drain`? | Who are the callers of `drain`?
Who are the callers of `fill`? | Who are the callers of `drain`?
How many callers does `drain` have? | Who are the callers of `drain`?
Who are the callers of the tests of `drain`? | Who are the callers of `drain`?
Who were the callers of `drain`? | Who are the callers of `drain`?
Who are not the callers of `drain`? | Who are the callers of `drain`?
Who are the indirect callers of `drain`? | Who are the callers of `drain`?
Who are the callers of `drain` in tests? | Who are the callers of `drain`?
Who should call `drain`? | Who are the callers of `drain`?
""",
    "differences": """
What is common to `Lane` and `Track`? | What are the differences between `Lane` and `Track`?
What is the difference between `Lane` and `Rail`? | What are the differences between `Lane` and `Track`?
Where are the differences between `Lane` and `Track` tested? | What are the differences between `Lane` and `Track`?
What are the visual differences between `Lane` and `Track`? | What is the difference between `Lane` and `Track`?
How many differences between `Lane` and `Track` are there? | What are the differences between `Lane` and `Track`?
Why is there a difference between `Lane` and `Track`? | What are the differences between `Lane` and `Track`?
Which differences between `Lane` and `Track` are tested? | What is the difference between `Lane` and `Track`?
What were the differences between `Lane` and `Track`? | What is the difference between `Lane` and `Track`?
What are the differences between `Lane` and `Track` in size? | What is the difference between `Lane` and `Track`?
What are the differences between `Lane`, `Rail` and `Track`? | What is the difference between `Lane` and `Track`?
""",
    "currently": """
Did the importer support nested zips? | Does the importer currently support nested zips?
Does the importer not currently support nested zips? | Does the importer support nested zips?
Will the importer support nested zips? | Does the importer currently support nested zips?
Does the importer currently require nested zips? | Does the importer support nested zips?
Does the exporter currently support nested zips? | Does the importer support nested zips?
Does the importer currently support nested tars? | Does the importer support nested zips?
How does the importer currently support nested zips? | Does the importer support nested zips?
How many jobs does the queue currently hold? | How many jobs does the queue hold?
Should the importer support nested zips? | Does the importer currently support nested zips?
Does the importer previously support nested zips? | Does the importer currently support nested zips?
""",
    "in_this_codebase": """
What happens when a lease expires? | What happens in this codebase when a lease is renewed?
What happens when a lease expires? | What happens in this module when a lease expires?
What happens when a lease expires? | What happens in this codebase before a lease expires?
What happens when a lease expires? | What happens in this codebase after a lease expires?
What happens when a lease expires? | What happens in this codebase when a lease does not expire?
What happens when a lease expires? | What happened in this codebase when a lease expired?
What happens when a lease expires? | What should happen in this codebase when a lease expires?
What happens when a lease expires? | What happens in this codebase when a lock expires?
What happens when a lease expires? | What happens in the tests when a lease expires?
What happens when a lease expires? | Where in this codebase does a lease expire?
""",
}


def is_agreed(line: str) -> bool:
    one, other = (read_query(text) for text in line.split(" | "))
    assert agree(one, other).is_agreed == agree(other, one).is_agreed
    return agree(one, other).is_agreed


@pytest.mark.parametrize("rule", SAME)
def test_a_likely_rewording_asks_the_same(rule: str) -> None:
    assert [line for line in SAME[rule].strip().splitlines() if not is_agreed(line)] == []


@pytest.mark.parametrize("rule", APART)
def test_what_only_looks_like_a_likely_rewording_stays_apart(rule: str) -> None:
    assert [line for line in APART[rule].strip().splitlines() if is_agreed(line)] == []
