"""Who owns what, said in several ways: each question with rewordings (=) and look-alikes (!)."""

from itertools import product

import pytest

from agentcache.core.query import agree, read_query
from support.rewordings import groups, mixed_up, told_apart

TABLE = """
How do I change the log level of the server?
= How do I change the server's log level?
! How do I change the log server level?
! How do I change the server of the log level?
! How do I change the log level for the server?
! How do I change the log level in the server?
! How do I read the log level of the server?
! How can the log level of the server change?
! How should I change the log level of the server?
! How do I change the log level of all servers?
! How do I change the log level of the client?
! How do I not change the log level of the server?
How do I disable logging in the pool?
! How do I disable pool logging?
! How do I disable the pool's logging?
Who maintains the state of the connection?
= Who maintains the connection state?
! Who maintains the connection of the state?
! Who maintains state in the connection?
! Who maintains the connection?
! Who maintains the state for the connection?
! Who maintains the connection state machine?
! Who maintains the states of the connections?
! Who should maintain the state of the connection?
! Who maintained the state of the connection?
! Who maintains no state of the connection?
! What does the state of the connection maintain?
What does the return value of `poll_once` mean?
= What does `poll_once`'s return value mean?
= What is the meaning of the return value of `poll_once`?
= What's the meaning of `poll_once`'s return value?
! What does `poll_once` mean in the return value?
! What does `poll_once` return?
! What does the return type of `poll_once` mean?
! What does the value that `poll_once` takes mean?
! What does the return value of `poll` mean?
! What is the return value of `poll_once`?
! What does the return value of `poll_once` not mean?
! What does the mean return value of `poll_once` do?
! What did the return value of `poll_once` mean?
! What should the return value of `poll_once` mean?
What does status code 207 mean in the import endpoint?
= In the import endpoint, what is the meaning of status code 207?
! In the import endpoint, what is the meaning of status code 208?
! What does status code 207 mean in the export endpoint?
! What does the import endpoint mean by status code 207?
! Where does status code 207 mean an import endpoint?
! When is status code 207 returned in the import endpoint?
Which column is the primary key of the `payments` table?
= Which column is the `payments` table's primary key?
! Which column of the `payments` table is a key?
! Which column is the foreign key of the `payments` table?
! Which column is the primary key of the `refunds` table?
! Which key is the primary column of the `payments` table?
! Which columns are the primary keys of the `payments` tables?
! Which column is not the primary key of the `payments` table?
! Which column was the primary key of the `payments` table?
! Which table is the primary key of the `payments` column?
Which entries of the command palette are hidden?
= Which command palette entries are hidden?
! Which entries are hidden in the command palette?
! Which entries of the command palette hide?
! Which entries of the command palette can be hidden?
! Which entries of the command palette are not hidden?
! Which entries of the hidden palette are commands?
! Which palette entries are hidden?
! Which command palettes are hidden?
! Which entries of the command palette were hidden?
In what order are the migrations of the database applied?
= What is the order in which the database's migrations are applied?
! In what order are the migrations of the databases applied?
! In what order is the database of the migrations applied?
! In what order does the database of the migrations apply?
! In what order are the migrations applied to the database?
! In what order are the migrations of the database reverted?
Which headers of the SDK does `main.c` include?
= List the SDK headers included by `main.c`.
! Which headers does the SDK include of `main.c`?
! Which SDK headers include `main.c`?
! Which headers of `main.c` does the SDK include?
! Which headers of the SDK does `main.c` not include?
How many slots does the inventory have?
= How many slots are in the inventory?
= How many slots are there in the inventory?
! How many slots have an inventory?
! How many slots can the inventory have?
! How many slots are free in the inventory?
! How many slots are near the inventory?
! How many inventories are in the slot?
! How many inventory slots are not in use?
! Which slots are in the inventory?
! How many slots were in the inventory?
! How many items are in the inventory?
! How many slots are in every inventory?
How many callers does `run` have?
! How many callers are in `run`?
How many users does the database have?
! How many users are in the database?
What does the second parameter of `mix` mean?
= What is the meaning of the second argument to `mix`?
! What does the first parameter of `mix` mean?
! What is the meaning of the second argument from `mix`?
! What is the meaning of the second return value of `mix`?
! What is the meaning of the second argument to `remix`?
! What does `mix` mean to the second argument?
! What is the second argument to `mix`?
! Where is the second argument to `mix` set?
! Why is the second argument to `mix` needed?
! What should the second argument to `mix` mean?
! Does the second argument to `mix` mean anything?
What is the size limit for inlining a function?
= What size limit applies to inlining a function?
! What size limit applies to a function before inlining?
! What is the depth limit for inlining a function?
! What is the size limit for outlining a function?
! What size limit does not apply to inlining a function?
! What size limit should apply to inlining a function?
! What is the minimum size for inlining a function?
! What is the size limit in inlining a function?
! Is there a size limit for inlining a function?
! Why is there a size limit for inlining a function?
! What was the size limit for inlining a function?
Which fields of `User` are nullable?
= Of `User`, which fields are nullable?
! Which fields of `Nullable` are a `User`?
! Of `User`, which fields are not nullable?
! Of `User`, which methods are nullable?
! Of `Admin`, which fields are nullable?
! Which nullable fields use `User`?
Which dialects besides Postgres are supported?
= Besides Postgres, which dialects are supported?
! Which dialects of Postgres are supported?
! Which dialects are supported by Postgres?
! Including Postgres, which dialects are supported?
! Besides dialects, which Postgres is supported?
! Besides SQLite, which dialects are supported?
How many messages per second can the limiter let through?
= Per second, how many messages can the limiter let through?
! Per minute, how many messages can the limiter let through?
! How many seconds per message can the limiter let through?
! How many messages can the limiter let through?
! Per second, how many messages should the limiter let through?
Which log errors are ignored?
! Which errors in the log are ignored?
Which shell variables are exported?
! Which variables in the shell are exported?
! Which variables for the shell are exported?
Which test routes are mocked?
! Which routes in the test are mocked?
! Which routes for the test are mocked?
Which users' data is read?
! Which user's data is read?
! Which data of the user is read?
! Which user data is read?
Where is the key `Session` set?
! Where is the key of `Session` set?
! Where is the key for `Session` set?
! Where is the key in `Session` set?
! Where is `Session`'s key set?
What is the type `Lane`?
= What's the type `Lane`?
! What is the type of `Lane`?
! What is `Lane`'s type?
! What type is `Lane`?
"""


@pytest.mark.parametrize(("same", "_look_alikes"), groups(TABLE))
def test_a_question_and_its_rewordings_are_the_same_in_both_orders(
    same: list[str], _look_alikes: list[str]
) -> None:
    assert told_apart(same) == []


@pytest.mark.parametrize(("same", "look_alikes"), groups(TABLE))
def test_no_look_alike_of_a_question_is_the_same_in_either_order(
    same: list[str], look_alikes: list[str]
) -> None:
    assert mixed_up(same, look_alikes) == []


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        *product(
            [
                "collection",
                "endpoint",
                "field",
                "flag",
                "index",
                "module",
                "role",
                "schema",
                "type",
            ],
            [
                "What is the {}?",
                "Where is the {} set?",
                "Is the {} validated?",
                "What does the {} do?",
            ],
        )
    ],
)
def test_what_has_a_name_is_not_what_belongs_to_the_one_of_that_name(kind: str, asked: str) -> None:
    named, owned = asked.format(f"{kind} `Lane`"), asked.format(f"{kind} of `Lane`")
    assert not agree(read_query(named), read_query(owned)).is_agreed
