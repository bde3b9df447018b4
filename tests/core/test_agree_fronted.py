"""Question words in their place, prepositions and clauses in front, phrases without a verb.

Each question has a rewording (=) and look-alikes (!) that ask otherwise.
"""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import agree, read_query
from agentcache.core.query.verbs import third_of

TABLE = """
Redis holds the refresh token under which key?
= Under which key does Redis hold the refresh token?
! The refresh token holds Redis under which key?
! Redis holds the refresh token over which key?
! Redis holds the access token under which key?
! Redis never holds the refresh token under which key?
! Redis held the refresh token under which key?
! Redis can hold the refresh token under which key?
! Redis holds every refresh token under which key?
! Redis holds the refresh token under which lock?
! Redis holds the refresh token under how many keys?
! Redis holds which refresh token under the key?
! Redis is held by the refresh token under which key?
! Under which key should Redis hold the refresh token?
`LexerPool` lives in which module?
= In which module does `LexerPool` live?
! `LexerPool` lives in how many modules?
! `LexerPool` lives outside which module?
! `LexerPools` lives in which module?
! `LexerPool` dies in which module?
! Which module lives in `LexerPool`?
! Which modules live in `LexerPool`?
The Metal backend uses how many command buffers?
= How many command buffers does the Metal backend use?
! The Metal backend uses which command buffers?
! The Metal backend uses at most how many command buffers?
! The Metal backend is used by how many command buffers?
! How many command buffers use the Metal backend?
! How many command buffers could the Metal backend use?
! The Metal backend frees how many command buffers?
! The Vulkan backend uses how many command buffers?
! How much command buffer does the Metal backend use?
Frames on `video.raw` are decoded by whom?
= Who decodes frames on `video.raw`?
! Frames on `video.raw` are encoded by whom?
! Frames on `video.raw` were decoded by whom?
! Frames on `video.out` are decoded by whom?
! Frames on `video.raw` are not decoded by whom?
! Whom do frames on `video.raw` decode?
! Frames on `video.raw` are decoded for whom?
! Frames on `video.raw` can be decoded by whom?
! Frames of `video.raw` are decoded by which codec?
A ledger row may be changed by which role?
= Which role may change a ledger row?
! A ledger row may be changed for which role?
! A ledger row must be changed by which role?
! A ledger row is changed by which role?
! A ledger row may be read by which role?
! Which ledger row may change a role?
! Which role may not change a ledger row?
Segments get merged into one file by which thread?
= Which thread merges segments into one file?
! Segments get merged into one file in which thread?
! Segments get merged into one file before which thread?
! Segments get split into one file by which thread?
! Files get merged into one segment by which thread?
! Segments get merged from one file by which thread?
! Which threads are merged into one file by segments?
`Scanner.next` returns a value of which type?
= Which type does `Scanner.next` return?
! `Scanner.next` takes a value of which type?
! `Scanner.next` returns a value of which enum?
! `Scanner.next` returns a list of which type?
! `Scanner.peek` returns a value of which type?
! `Scanner.next` returned a value of which type?
! `Scanner.next` returns which value of the type?
In `retry.py`, the client opens how many sockets?
= How many sockets does the client open in `retry.py`?
! In `retry.py`, the client closes how many sockets?
! In `retry.py`, the server opens how many sockets?
! In `main.py`, the client opens how many sockets?
! In `retry.py`, the client opens which sockets?
! In `retry.py`, how many sockets open the client?
After a restart, the broker replays messages from which offset?
= From which offset does the broker replay messages after a restart?
! Before a restart, the broker replays messages from which offset?
! After a restart, the broker replays messages to which offset?
! After a restart, the broker drops messages from which offset?
! After a replay, the broker restarts messages from which offset?
! Without a restart, the broker replays messages from which offset?
To what is `STRICT` set in tests?
= What is `STRICT` set to in tests?
! From what is `STRICT` set in tests?
! What is set to `STRICT` in tests?
! To what was `STRICT` set in tests?
! To what should `STRICT` be set in tests?
! To what is `STRICT` set outside tests?
! To what is `STRICT` set in production?
! To what are `STRICT` and `LAX` set in tests?
! What is `STRICT` set in tests for?
! Where is `STRICT` set in tests?
! Why is `STRICT` set in tests?
With what is the archive encrypted?
= What is the archive encrypted with?
! For what is the archive encrypted?
! With what is the archive decrypted?
! By what is the archive encrypted?
! Without what is the archive encrypted?
! With what was the archive encrypted?
! With what does the archive encrypt?
! What does the archive encrypt with?
To what does `Gain` apply the offset?
= What does `Gain` apply the offset to?
! To what does the offset apply `Gain`?
! What does `Gain` apply to the offset?
! From what does `Gain` apply the offset?
! To what did `Gain` apply the offset?
! What applies the offset to `Gain`?
! To whom does `Gain` apply the offset?
To whom does the pager send alerts?
= Who does the pager send alerts to?
! From whom does the pager send alerts?
! Who sends alerts to the pager?
! To whom do alerts send the pager?
! To whom should the pager send alerts?
! To what does the pager send alerts?
As which role does the migrator log in?
= Which role does the migrator log in as?
! For which role does the migrator log in?
! As which role does the migrator log out?
! Which role logs in as the migrator?
! As which role did the migrator log in?
! As which user does the migrator log in?
Since which release is `fast` the default?
= `fast` is the default since which release?
! Until which release is `fast` the default?
! Before which release is `fast` the default?
! Since which release was `fast` the default?
! Since which release is `fast` not the default?
! Since which release is `slow` the default?
! In which release is `fast` the default?
After how many bad pins does the door lock?
= After what number of bad pins does the door lock?
! Before how many bad pins does the door lock?
! After which bad pins does the door lock?
! After how many pins does the door lock?
! After how many bad pins does the door unlock?
! After how many bad locks does the door pin?
! After how many bad pins did the door lock?
By whom can a payout be released?
= Who can release a payout?
! By whom must a payout be released?
! For whom can a payout be released?
! By whom is a payout released?
! By whom can a release be paid?
! By whom can a payout not be released?
! Whom can a payout release?
In which unit is `Clip.span` measured?
= What is the unit of `Clip.span`?
! In which unit is `Clip.size` measured?
! In which test is `Clip.span` measured?
! In which unit is `Clip.span` defined?
! In which unit was `Clip.span` measured?
! What is the value of `Clip.span`?
! Where is `Clip.span` measured?
Under which license is the bundled font?
= What is the license of the bundled font?
! Under which license was the bundled font?
! Under which directory is the bundled font?
! Under which license is the bundled parser?
! Under which license should the bundled font be?
! Who is the licensor of the bundled font?
For how long is a lease kept?
= How long is a lease kept?
! How long was a lease kept?
! How long must a lease be kept?
! How often is a lease kept?
! For which reason is a lease kept?
! How long is a lease not kept?
At most how many shards are open per node?
= Per node, how many shards are open at most?
! At least how many shards are open per node?
! How many shards are open per node?
! At most how many shards are closed per node?
! At most how many nodes are open per shard?
! At most how many shards were open per node?
! At most how many shards can be open per node?
! At most how many shards are open in each node?
Up to how many guests can a room hold?
= How many guests can a room hold at most?
! How many guests can a room hold at least?
! How many guests can a room hold?
! How many guests does a room hold at most?
! How many rooms can a guest hold at most?
! Up to how many guests can no room hold?
Relative to `flush`, when is `sync` called?
= When is `sync` called relative to `flush`?
! Relative to `sync`, when is `flush` called?
! Relative to `flush`, where is `sync` called?
! Before `flush`, when is `sync` called?
! Relative to `flush`, when was `sync` called?
! Relative to `flush`, when is `sync` not called?
! Relative to `flush`, when does `sync` call?
Unless `--force` is given, is the branch pushed?
= Is the branch pushed unless `--force` is given?
! If `--force` is given, is the branch pushed?
! Unless the branch is pushed, is `--force` given?
! Unless `--force` is given, was the branch pushed?
! Unless `--force` is given, is the branch pulled?
! Unless `--force` is given, is the branch not pushed?
! Because `--force` is given, is the branch pushed?
! Unless `--dry` is given, is the branch pushed?
Instead of `curl`, what do the tests run?
= What do the tests run instead of `curl`?
! What do the tests run instead of `wget`?
! Instead of the tests, what does `curl` run?
! What do the tests run besides `curl`?
! What do the tests run with `curl`?
! What runs the tests instead of `curl`?
! What did the tests run instead of `curl`?
Regardless of the mode, which hooks are run?
= Which hooks are run regardless of the mode?
! Depending on the mode, which hooks are run?
! Regardless of the hooks, which modes are run?
! Regardless of the mode, which hooks are skipped?
! Regardless of the mode, which hooks can be run?
! In the mode, which hooks are run?
default port of the relay server?
= What is the default port of the relay server?
! default host of the relay server?
! default port of the relay client?
! maximum port of the relay server?
! port of the default relay server?
! default ports of the relay servers?
! default port of the relay server in tests?
! default port of the relay server is not set
! change the default port of the relay server
! default port of the server's relay?
! Is there a default port of the relay server?
! Why is there a default port of the relay server?
Tell me the exit code of the checker on warnings
= What is the exit code of the checker on warnings?
! Tell me the exit code of the checker without warnings
! Tell me the exit code of the checker on errors
! Tell me the exit codes of the checkers on warnings
! Tell me the meaning of the exit code of the checker on warnings
! Tell me the exit code of the linter on warnings
! Tell me the exit code of the checker and of the linter on warnings
! Tell me the exit code of the checker is wrong on warnings
allowed values for `quote_style`?
= What are the allowed values for `quote_style`?
! default value for `quote_style`?
! disallowed values for `quote_style`?
! allowed values for `quote_width`?
! allowed value for `quote_style`?
! values for `quote_style`?
! What are the allowed names for `quote_style`?
! Are the values for `quote_style` allowed?
types accepted by `Mailer.send`?
= Which types does `Mailer.send` accept?
! types not accepted by `Mailer.send`?
! types returned by `Mailer.send`?
! types accepting `Mailer.send`?
! types accepted in `Mailer.send`?
! values accepted by `Mailer.send`?
! Which types accept `Mailer.send`?
! types accepted by `Mailer.open`?
Who writes to the journal outside of the worker?
= Outside the worker, who writes to the journal?
! Who writes to the journal inside the worker?
! Who writes to the worker outside the journal?
! Who reads from the journal outside the worker?
! Who writes to the journal besides the worker?
! Who wrote to the journal outside the worker?
"""


def read_table() -> list[tuple[str, str, list[str]]]:
    rows: list[tuple[str, str, list[str]]] = []
    for line in TABLE.strip().splitlines():
        if line[0] == "!":
            rows[-1][2].append(line[2:])
        elif line[0] == "=":
            rows[-1] = (rows[-1][0], line[2:], [])
        else:
            rows.append((line, "", []))
    return rows


def is_agreed(a: str, b: str) -> bool:
    return agree(read_query(a), read_query(b)).is_agreed


@pytest.mark.parametrize(("question", "rewording", "look_alikes"), read_table())
def test_a_question_put_in_another_order_is_the_same_and_none_of_its_look_alikes_is(
    question: str, rewording: str, look_alikes: list[str]
) -> None:
    assert is_agreed(question, rewording)
    assert is_agreed(rewording, question)
    wrong = [pair for pair in product((question, rewording), look_alikes) if is_agreed(*pair)]
    assert wrong == []


THINGS = st.sampled_from(
    ("the parser", "the job queue", "a client", "`Foo_x`", "the sort key", "the cache", "Redis")
)
VERBS = st.sampled_from(
    ("read", "hold", "store", "cache", "check", "load", "sort", "log", "copy", "parse", "use")
)
PREPOSITIONS = st.sampled_from(("in", "under", "from", "to", "with", "after", "before", "for"))
ASKED = st.sampled_from(("which file", "which key", "what table", "how many files", "which module"))


@given(THINGS, VERBS, THINGS, PREPOSITIONS, ASKED)
def test_a_statement_that_asks_at_its_end_asks_what_the_question_does(
    doer: str, verb: str, thing: str, joint: str, asked: str
) -> None:
    said = f"{doer} {third_of(verb)} {thing} {joint} {asked}?"
    question = f"{joint} {asked} does {doer} {verb} {thing}?"
    if read_query(said).is_canonical and doer != thing:
        assert is_agreed(said, question)
        assert not is_agreed(said, f"{joint} {asked} does {thing} {verb} {doer}?")
        assert not is_agreed(said, f"{joint} {asked} did {doer} {verb} {thing}?")


@given(THINGS, VERBS, THINGS, PREPOSITIONS, PREPOSITIONS, ASKED)
def test_statements_that_ask_at_their_end_agree_only_with_one_preposition(
    doer: str, verb: str, thing: str, joint: str, other: str, asked: str
) -> None:
    said = f"{doer} {third_of(verb)} {thing}"
    pair = (f"{said} {joint} {asked}?", f"{said} {other} {asked}?")
    assert not is_agreed(*pair) or joint == other


@given(THINGS, THINGS, st.sampled_from(("Unless", "Because", "If", "Once", "While")))
def test_a_clause_in_front_is_the_same_clause_behind_and_never_changes_places(
    one: str, other: str, joint: str
) -> None:
    fronted = f"{joint} {one} is open, is {other} checked?"
    assert is_agreed(fronted, f"Is {other} checked {joint.lower()} {one} is open?")
    assert one == other or not is_agreed(fronted, f"{joint} {other} is open, is {one} checked?")
    assert not is_agreed(fronted, f"{joint} {other} is checked, is {one} open?")


@given(
    st.sampled_from(("default", "maximum", "minimum", "current", "initial")),
    st.sampled_from(("port", "size", "timeout", "limit", "value", "level", "interval")),
    st.sampled_from(("of", "for", "in")),
    THINGS,
)
def test_a_phrase_that_names_a_value_asks_for_it(
    which: str, value: str, joint: str, owner: str
) -> None:
    phrase = f"{which} {value} {joint} {owner}"
    assert is_agreed(phrase, f"What is the {phrase}?") == read_query(phrase).is_canonical
    assert not is_agreed(phrase, f"Where is the {phrase}?")
    assert not is_agreed(phrase, f"Is the {phrase} set?")
    assert not is_agreed(phrase, f"What is the {value} {joint} {owner}?")
